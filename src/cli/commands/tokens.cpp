// SPDX-License-Identifier: Apache-2.0
//
// What is done with a token: renew and release one's own, verify anybody's, break another's.
#include <memory>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/asking.hpp"
#include "cli/commands/families.hpp"
#include "cli/output.hpp"
#include "cli/text/describe.hpp"
#include "cli/text/duration.hpp"

namespace pawl::cli {
namespace {

struct Target {
  std::string name;
  std::vector<std::string> names;  // of release, in place of name
  std::uint64_t token = 0;         // 0: not given
  Milliseconds ttl{0};
  std::string reason;
};

client::RequestLine line_of(std::string_view verb, const Target& target) {
  client::RequestLine line(verb);
  line.word(target.name).option("token", target.token);
  return line;
}

Json json_of(const Target& target) {
  Json json = json_of_names(target.names.empty() ? std::vector{target.name} : target.names);
  json["token"] = target.token;
  return json;
}

// RENEW and VERIFY: how long it is held from now.
int ask_how_long(const Globals& globals, const Target& target, const client::RequestLine& line) {
  client::Asker asker = asker_of(globals);
  const auto ttl = number_in(ask(asker, line), "ttl");
  Json json = json_of(target);
  json["ttl_ms"] = ttl;
  const auto span = duration_text(Milliseconds{static_cast<Milliseconds::rep>(ttl)});
  print((globals.json() ? json.dump() : span) + "\n");
  return exit_ok;
}

int renew(const Globals& globals, const Target& target) {
  client::RequestLine line = line_of("RENEW", target);
  if (target.ttl.count() > 0) line.option("ttl", target.ttl);
  return ask_how_long(globals, target, line);
}

int verify(const Globals& globals, const Target& target) {
  return ask_how_long(globals, target, line_of("VERIFY", target));
}

// UNLOCK and BREAK end a hold. After a lost reply NOT_HELD means done.
int end(const Globals& globals, const Target& target, const client::RequestLine& line,
        const char* done) {
  client::Asker asker = asker_of(globals);
  const client::ReplyLine reply = asker.ask(line);
  const bool is_refused = reply.kind == client::ReplyLine::Kind::error;
  const bool was_done = asker.was_repeated() && reply.word == "NOT_HELD";
  if (is_refused && !was_done) throw failure_of(reply);
  Json json = json_of(target);
  json[done] = true;
  if (globals.json()) print(json.dump() + "\n");
  return exit_ok;
}

int release(const Globals& globals, const Target& target) {
  client::RequestLine line("UNLOCK");
  line.words(target.names).option("token", target.token);
  return end(globals, target, line, "released");
}

// Without the token whoever holds it by then would be meant.
int break_lock(const Globals& globals, const Target& target) {
  if (target.token == 0) {
    throw Failure(exit_usage, "break needs the --token of the holder that is meant: `pawl show " +
                                  target.name + "` has it");
  }
  if (target.reason.empty()) throw Failure(exit_usage, "break needs a --reason, for the log");
  client::RequestLine line = line_of("BREAK", target);
  line.option("reason", target.reason);
  return end(globals, target, line, "broken");
}

}  // namespace

void add_token_commands(Program& program) {
  auto add = [&program](const char* name, const char* summary, const char* examples, auto run) {
    auto target = std::make_shared<Target>();
    CLI::App& command = program.add(name, summary, examples, [target, run](const Globals& globals) {
      return run(globals, *target);
    });
    return std::pair<CLI::App&, Target&>{command, *target};
  };
  auto [renewing, renewed] =
      add("renew", "Let a lease begin anew; prints how long it lasts now",
          "  pawl renew jobs/nightly --token 42             30s\n"
          "  pawl renew jobs/nightly --token 42 --ttl 10m || exit   it was lost\n",
          renew);
  add_lock(renewing, renewed.name);
  add_token(renewing, renewed.token)->required();
  add_ttl(renewing, renewed.ttl);
  auto [releasing, released] =
      add("release", "Give a lock back, or several of one token",
          "  pawl release jobs/nightly --token 42\n"
          "  pawl release db/main db/replica --token 43     both or none\n",
          release);
  add_locks(releasing, released.names);
  add_token(releasing, released.token)->required();
  auto [verifying, verified] =
      add("verify", "Is this token a current holder's? Prints how long at least",
          "  pawl verify jobs/nightly --token 42 && ./write-result\n", verify);
  add_lock(verifying, verified.name);
  add_token(verifying, verified.token)->required();
  auto [breaking, broken] =
      add("break", "Take a lock away from its holder, as an operator",
          "  pawl show jobs/nightly                         who, with which token?\n"
          "  pawl break jobs/nightly --token 42 --reason 'web-3 is gone'\n",
          break_lock);
  add_lock(breaking, broken.name);
  // Shown as required() and judged by break_lock, whose message says where the token is found.
  add_token(breaking, broken.token)->type_name("N REQUIRED");
  add_text(breaking, "--reason", broken.reason, "why, for the log")->type_name("TEXT REQUIRED");
}

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_options.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "cli/access.hpp"
#include "cli/arguments.hpp"
#include "cli/failure.hpp"
#include "cli/program.hpp"
#include "cli/run/run.hpp"
#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"
#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::cli {
namespace {

constexpr auto examples =
    R"(  pawl run jobs/nightly -- ./backup.sh          waits its turn, for ever
  pawl run -n jobs/nightly -- ./backup.sh       75 at once if somebody else has it (cron)
  pawl run --wait 30s --ttl 5s db/migrate -- sh -c 'migrate && verify'
  pawl run --slots 3 gpu -- ./train.sh          one of at most three at a time
  pawl run --shared db/schema -- ./report.sh    with other readers, while nobody has it alone
  pawl run db/main db/replica -- ./migrate.sh   both or none, one token for both
  pawl run --max-hold 1h --delay 30s L -- ./job ends with the hour; if it is lost, a pause
  pawl run L -- sh -c 'echo "$PAWL_LOCK $PAWL_TOKEN"'
In PAWL_LOCK several names are separated by blanks.
The command has a process group of its own. Signals to pawl go to that group, while waiting they
end the wait. What is left of the group when the command ends gets TERM, then KILL, then the lock is
given back. A process that leaves the group (setsid, a shell with job control) is not followed, and
one of another user cannot be signalled: sudo pawl run ..., not pawl run ... sudo.
Exit: the command's own code, 128+n if signal n ended it, 126 not executable, 127 not found; else:
)";

constexpr auto elect_examples =
    R"(  pawl elect web/leader -- ./scheduler               runs where, and while, it leads
  pawl elect web/leader --note "$HOST:8080" -- ./scheduler
  pawl why web/leader                                who leads: the note
  pawl watch web/leader                              told of each change
It waits for the lock for ever, and runs the command once it has it. When the lock is lost the command
is stopped in time, as pawl run does, and it stands again. What ends it: the command's own end, a
signal (TERM INT QUIT, and while it waits every one that ends a process), a refusal.
Exit: the command's own code, 128+n if signal n ended it, 126 not executable, 127 not found; 69 only
before it has led; else:
)";

// Who leads, for those who look: more is for --note to say.
std::string host_and_pid() {
  char host[256] = "?";
  gethostname(host, sizeof host - 1);
  return std::string(host) + " pid " + std::to_string(getpid());
}

void add_hold_options(CLI::App& app, RunWords& words) {
  add_locks(app, words.locks);
  app.add_option("-t,--ttl", words.ttl,
                 "how long the lock outlives a pawl that is gone [10s]; renewed in good time")
      ->type_name("SPAN");
  app.add_option("--grace", words.grace, "from TERM to KILL [a fifth of --ttl, at most 5s]")
      ->type_name("SPAN");
  add_limits_of_hold(app, words.delay, words.max_hold);
}

[[noreturn]] void refuse(const std::string& why) { throw Failure(exit_usage, why); }

Milliseconds duration(const char* option, const std::string& text) {
  if (const auto parsed = wire::parse_duration(text)) return *parsed;
  refuse(std::string(option) + " " + in_quotes(text) + ": a duration is 250ms, 30s, 5m, 2h");
}

void check_name(const std::string& lock) {
  if (wire::is_text(lock) && wire::is_name(lock) && !lock.starts_with('-')) return;
  refuse("not a lock name: " + in_quotes(lock) +
         " (1 to 255 bytes of UTF-8 without blanks, quotes, = and comma; not like an option)");
}

// Who forgot the -- has a command that looks like more locks.
std::string rest_of(const RunWords& words) {
  const std::vector<std::string> rest(words.locks.begin() + 1, words.locks.end());
  return rest.empty() ? "command..." : joined(rest, " ") + "?";
}

OnLost on_lost(const std::string& word) {
  if (word == "term") return OnLost::term;
  if (word == "kill") return OnLost::kill;
  if (word == "ignore") return OnLost::ignore;
  refuse("--on-lost " + in_quotes(word) + ": one of term, kill, ignore");
}

Policy check_policy(const RunWords& words) {
  Policy policy;
  policy.ttl = duration("--ttl", words.ttl);
  if (policy.ttl <= Milliseconds(0)) refuse("--ttl must be positive, 10s is usual");
  policy.on_lost = on_lost(words.on_lost);
  policy.grace = words.grace.empty() ? default_grace(policy.ttl) : duration("--grace", words.grace);
  const Milliseconds less_than = policy.ttl - policy.ttl / 3;
  if (policy.grace >= less_than) {
    refuse("--grace " + duration_text(policy.grace) + ": from 0 to less than " +
           duration_text(less_than) +
           ", two thirds of --ttl, or every renewal would come too late");
  }
  return policy;
}

std::optional<Milliseconds> check_wait(const RunWords& words) {
  if (words.nonblock) return Milliseconds(0);
  if (words.wait == "forever" || words.wait == "inf") return std::nullopt;
  return duration("--wait", words.wait);
}

std::vector<client::ServerAddress> check_servers(const std::string& list) {
  auto addresses = client::parse_server_addresses(list);
  if (!addresses) refuse("not a list of servers, host:port,host:port: " + in_quotes(list));
  return *std::move(addresses);
}

}  // namespace

Milliseconds default_grace(Milliseconds ttl) { return std::min(Milliseconds(5'000), ttl / 5); }

RunOptions check_run(const RunWords& words, const Globals& globals) {
  for (const std::string& lock : words.locks) check_name(lock);
  if (words.command.empty() || words.command.front().empty()) {
    refuse("no command: pawl " + words.verb + " " + words.locks.front() + " -- " + rest_of(words));
  }
  RunOptions options;
  options.locks = words.locks;
  options.command = words.command;
  options.policy = check_policy(words);
  options.wait = check_wait(words);
  options.mode = words.mode;
  options.slots = words.slots;
  options.delay = words.delay;
  options.max_hold = words.max_hold;
  options.note = words.note;
  options.conflict_exit_code = words.conflict_exit_code;
  options.quiet = words.quiet;
  options.servers = globals.servers;
  options.addresses = check_servers(globals.servers);
  options.access = access_of(globals);
  options.access_variables = environment_of(globals.access);
  options.timeout = Milliseconds(globals.timeout_ms);
  return options;
}

SplitLine split_run(int argc, const char* const* argv) {
  const auto end = argv + argc;
  const auto is = [](std::string_view word) {
    return [word](const char* other) { return other == word; };
  };
  const auto run =
      std::min(std::find_if(argv, end, is("run")), std::find_if(argv, end, is("elect")));
  const auto dashes = std::find_if(argv, end, is("--"));
  if (dashes == end || run > dashes) return {argc, {}};
  return {static_cast<int>(dashes - argv), {dashes + 1, end}};
}

void add_run(Program& program, std::vector<std::string> command) {
  const auto words = std::make_shared<RunWords>();
  words->command = std::move(command);
  CLI::App& app = program.add(
      "run", "Run a command while holding a lock: pawl run [OPTIONS] LOCK... -- COMMAND...",
      examples, [words](const Globals& globals) { return run(check_run(*words, globals)); });
  add_hold_options(app, *words);
  app.add_option("-w,--wait", words->wait, "how long to wait for it: 0, 30s, forever [forever]")
      ->type_name("0|SPAN|forever");
  app.add_flag("-n,--nonblock", words->nonblock, "the same as --wait 0");
  app.add_option("--on-lost", words->on_lost,
                 "when the lock is lost: term the command (TERM, then KILL before the lock can be "
                 "granted again), kill it, or ignore the loss [term]")
      ->check(CLI::IsMember({"term", "kill", "ignore"}));
  add_mode(app, words->mode, words->slots);
  app.add_option("--note", words->note, "shown to those who look at the lock")->type_name("TEXT");
  app.add_option("-E,--conflict-exit-code", words->conflict_exit_code,
                 "exit code when it was not granted [75]")
      ->check(CLI::Range(0, 255));
  app.add_flag("-q,--quiet", words->quiet,
               "do not say who is waited for, nor that it was not granted");
}

void add_elect(Program& program, std::vector<std::string> command) {
  const auto words = std::make_shared<RunWords>();
  words->verb = "elect";
  words->note = host_and_pid();
  words->command = std::move(command);
  CLI::App& app = program.add(
      "elect", "Run a command while being the leader: pawl elect [OPTIONS] LOCK -- COMMAND...",
      elect_examples,
      [words](const Globals& globals) { return elect(check_run(*words, globals)); });
  add_hold_options(app, *words);
  app.add_option("--on-lost", words->on_lost,
                 "when the lock is lost: term the command (TERM, then KILL before the lock can be "
                 "granted again) or kill it [term]")
      ->check(CLI::IsMember({"term", "kill"}));
  app.add_option("--note", words->note, "shown to those who look who leads [host name and pid]")
      ->type_name("TEXT");
  app.add_flag("-q,--quiet", words->quiet, "do not say who is waited for");
}

}  // namespace pawl::cli

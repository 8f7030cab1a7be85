// SPDX-License-Identifier: Apache-2.0
//
// A lease that outlives this command. Until its token is printed nobody but us can give it back, so
// each way out before that does: a signal, a stdout that is closed.
#include <algorithm>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/asking.hpp"
#include "cli/commands/families.hpp"
#include "cli/output.hpp"
#include "cli/text/describe.hpp"
#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

using Clock = std::chrono::steady_clock;
using client::ReplyLine;
using client::RequestLine;

constexpr std::chrono::milliseconds ping_every{1'000};
constexpr std::chrono::milliseconds ping_patience{2'000};  // an unclaimed place is kept for 5 s

struct Wanted {
  std::vector<std::string> names;  // all of them or none
  std::string id;
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;
  std::string note;
  Milliseconds ttl{0};   // 0: the server's default
  Milliseconds wait{0};  // max: for ever
  Milliseconds delay{0};
  Milliseconds max_hold{0};  // 0: none
};

struct Grant {
  std::uint64_t token = 0;
  std::uint64_t ttl_ms = 0;
};

class Acquiring {
 public:
  Acquiring(const Globals& globals, Wanted wanted)
      : asker_(asker_of(globals)), wanted_(std::move(wanted)), started_(Clock::now()) {}

  // Nothing: a signal came first, and what was asked for is given up.
  std::optional<Grant> run();
  void give_back(std::uint64_t token);
  void leave();  // the queue, or what was granted meanwhile
  [[nodiscard]] int signal() { return asker_.loop().signal(); }
  void stop_catching() { asker_.loop().stop_catching(); }  // another one ends the process

 private:
  std::optional<Grant> attempt();
  void try_elsewhere(const client::NoAnswer& why);
  std::optional<ReplyLine> await_grant(client::Connection& connection);
  std::optional<Grant> take(const ReplyLine& reply);
  Grant grant_in(const ReplyLine& reply);
  [[nodiscard]] RequestLine lock_line() const;

  client::Asker asker_;
  Wanted wanted_;
  Clock::time_point started_;
  Clock::time_point asked_;     // when the LOCK that is answered was sent
  bool may_be_queued_ = false;  // a LOCK was sent and not refused
  bool was_heard_ = false;      // the server has answered a PING meanwhile
};

// The wait counts from the start of the command, over all connections.
RequestLine Acquiring::lock_line() const {
  RequestLine line("LOCK");
  line.tag("w").words(wanted_.names);
  if (wanted_.wait == Milliseconds::max()) {
    line.option("wait", "forever");
  } else if (wanted_.wait.count() > 0) {
    const auto waited = std::chrono::duration_cast<Milliseconds>(Clock::now() - started_);
    line.option("wait", std::max(wanted_.wait - waited, Milliseconds{0}));
  }
  line.option("id", wanted_.id).mode(wanted_.mode, wanted_.slots);
  if (wanted_.ttl.count() > 0) line.option("ttl", wanted_.ttl);
  if (wanted_.delay.count() > 0) line.option("delay", wanted_.delay);
  if (wanted_.max_hold.count() > 0) line.option("max_hold", wanted_.max_hold);
  if (!wanted_.note.empty()) line.option("note", wanted_.note);
  return line;
}

// Nothing: a signal. A wait may be long: a server that has vanished meanwhile answers no PING.
std::optional<ReplyLine> Acquiring::await_grant(client::Connection& connection) {
  bool is_pinged = false;
  for (;;) {
    const auto longest = is_pinged ? ping_patience : ping_every;
    const auto line = connection.read_line(std::min(asker_.timeout(), longest));
    if (asker_.loop().signal() != 0) return std::nullopt;
    if (line) {
      ReplyLine reply = client::reply_in(*line);
      if (reply.tag == "w") return reply;
      is_pinged = false;
      was_heard_ = true;
    } else {
      if (is_pinged) throw client::Silent();
      connection.send(RequestLine("PING").tag("p").text());
      is_pinged = true;
    }
  }
}

// One LOCK on one connection. Nothing: a signal, or another attempt is due. A server that went away
// may come back, or another take over: the timeout counts from the last sign of life.
std::optional<Grant> Acquiring::attempt() {
  const bool was_queued = may_be_queued_;
  was_heard_ = false;
  try {
    client::Connection& connection = asker_.connect_next();
    asked_ = Clock::now();
    connection.send(lock_line().text());
    may_be_queued_ = true;
    const auto reply = await_grant(connection);
    if (!reply) return std::nullopt;
    if (!asker_.is_passing(*reply)) return take(*reply);
    if (reply->word != "NO_QUORUM") may_be_queued_ = was_queued;
    if (was_heard_) asker_.begin();
    if (!asker_.try_elsewhere(*reply)) throw failure_of(asker_.last_word());
  } catch (const client::TurnedAway& error) {
    may_be_queued_ = was_queued;
    try_elsewhere(error);
  } catch (const client::NoAnswer& error) {
    try_elsewhere(error);
  }
  return std::nullopt;
}

void Acquiring::try_elsewhere(const client::NoAnswer& why) {
  if (was_heard_) asker_.begin();
  if (!asker_.try_elsewhere(why, may_be_queued_)) throw failure_of(asker_.last_word());
}

std::optional<Grant> Acquiring::run() {
  asker_.loop().catch_signals();
  while (asker_.loop().signal() == 0) {
    if (const auto grant = attempt()) return grant;
  }
  return std::nullopt;
}

// What waited has less left than its TTL, so that it is renewed first. Nothing: it was lost again.
std::optional<Grant> Acquiring::take(const ReplyLine& reply) {
  if (reply.kind == ReplyLine::Kind::error) throw failure_of(reply);
  const Grant grant = grant_in(reply);
  const auto waited = std::chrono::duration_cast<Milliseconds>(Clock::now() - asked_).count();
  if (static_cast<std::uint64_t>(waited) < grant.ttl_ms / 50) return grant;
  RequestLine line("RENEW");
  line.word(wanted_.names.front()).option("token", grant.token);
  const ReplyLine renewed = asker_.ask(line.tag("t"));
  if (renewed.word == "NOT_HELD") {
    asker_.begin();
    return std::nullopt;
  }
  if (renewed.kind == ReplyLine::Kind::error) throw failure_of(renewed);
  try {
    return Grant{grant.token, number_in(renewed, "ttl")};
  } catch (const Failure&) {
    give_back(grant.token);
    throw;
  }
}

// One that makes no sense may stand all the same.
Grant Acquiring::grant_in(const ReplyLine& reply) {
  try {
    const Grant grant{number_in(reply, "token"), number_in(reply, "ttl")};
    if (grant.token != 0 && grant.token <= last_token.value) return grant;
    throw Failure(exit_refused,
                  "the reply makes no sense: there is no token " + std::to_string(grant.token));
  } catch (const Failure&) {
    leave();
    throw;
  }
}

void Acquiring::give_back(std::uint64_t token) {
  RequestLine line("UNLOCK");
  line.words(wanted_.names).option("token", token);
  try {
    asker_.ask(line.tag("t"));
  } catch (const std::exception& error) {
    say("token " + std::to_string(token) +
        " is not given back, it ends with its lease: " + printable(error.what()));
  }
}

// CANCEL is authoritative: either nothing is and will be granted, or here is what was.
void Acquiring::leave() {
  if (!may_be_queued_) return;
  try {
    RequestLine line("CANCEL");
    line.word(wanted_.names.front()).option("id", wanted_.id);
    const ReplyLine reply = asker_.ask(line.tag("t"));
    if (reply.field("cancelled") == "no") give_back(reply.number("token").value_or(0));
  } catch (const std::exception& error) {
    say(std::string("the queue is left without a word, which the server finds out: ") +
        printable(error.what()));
  }
}

int acquire(const Globals& globals, Wanted wanted) {
  if (wanted.id.empty()) wanted.id = boost::uuids::to_string(boost::uuids::random_generator()());
  Acquiring acquiring(globals, wanted);
  const auto grant = acquiring.run();
  // One that comes later is too late: the token is printed.
  if (const int signal = acquiring.signal(); signal != 0) {
    acquiring.stop_catching();
    if (grant) acquiring.give_back(grant->token);
    if (!grant) acquiring.leave();
    return 128 + signal;
  }
  Json json = json_of_names(wanted.names);
  json.update({{"token", grant->token}, {"ttl_ms", grant->ttl_ms}, {"id", wanted.id}});
  try {
    print((globals.json() ? json.dump() : std::to_string(grant->token)) + "\n");
  } catch (const Failure&) {
    acquiring.give_back(grant->token);
    throw;
  }
  return exit_ok;
}

}  // namespace

void add_acquire(Program& program) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& command = program.add(
      "acquire",
      "Take a lock, or several at once, and print its fencing token; the lease outlives this "
      "command",
      "  token=$(pawl acquire jobs/nightly --ttl 5m) || exit   75 if it is held\n"
      "  pawl acquire jobs/nightly --wait 30s --note \"$HOSTNAME\"\n"
      "  pawl acquire jobs/nightly --wait forever -o json\n"
      "  pawl acquire db/main db/replica                both or none, one token for both\n"
      "Ctrl-C while it waits leaves the queue; an --id left so is spent. Without --id one is "
      "made.\n"
      "`pawl run` renews while a command runs, and gives back at its end.\n",
      [wanted](const Globals& globals) { return acquire(globals, *wanted); });
  add_locks(command, wanted->names);
  add_ttl(command, wanted->ttl);
  add_wait(command, wanted->wait);
  add_limits_of_hold(command, wanted->delay, wanted->max_hold);
  add_id(command, wanted->id);
  add_mode(command, wanted->mode, wanted->slots);
  add_text(command, "--note", wanted->note, "shown to those who ask why it is held");
}

}  // namespace pawl::cli

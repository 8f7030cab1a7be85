// SPDX-License-Identifier: Apache-2.0
#include "wire/reply.hpp"

#include <catch2/catch.hpp>

#include "wire/verbs.hpp"

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace pawl::wire {
namespace {

std::string line_of(const ReplyBody& body, std::string_view tag = {}) {
  std::string out = "earlier\n";
  format_reply(out, tag, body);
  REQUIRE(out.starts_with("earlier\n"));
  REQUIRE(out.ends_with('\n'));
  const std::string line = out.substr(8, out.size() - 9);
  REQUIRE(line.find('\n') == line.npos);
  return line;
}

std::string line_of(const EventBody& body) {
  std::string out;
  format_event(out, body);
  return out;
}

reply::Error error_of(ErrorCode code) {
  reply::Error error;
  error.code = code;
  return error;
}

}  // namespace

TEST_CASE("short successes have the shapes of the protocol page") {
  CHECK(line_of(reply::Done{}) == "OK");
  CHECK(line_of(reply::Pong{}) == "OK pong");
  CHECK(line_of(reply::Bye{}) == "OK bye");
  CHECK(line_of(reply::Authenticated{"ci"}) == "OK user=ci");
  CHECK(line_of(reply::Closed{.released = 3}) == "OK released=3");
  CHECK(line_of(reply::Granted{Token{42}, 30s}) == "OK token=42 ttl=30000");
  CHECK(line_of(reply::Granted{last_token, 1ms}) == "OK token=9007199254740991 ttl=1");
  CHECK(line_of(reply::Lasting{29880ms}) == "OK ttl=29880");
  CHECK(line_of(reply::Hello{.node = "n1", .role = Role::primary, .epoch = Epoch{7}}) ==
        "OK server=pawld version=" PAWL_VERSION " protocol=1 node=n1 role=primary epoch=7");
}

TEST_CASE("a tag stands before the reply") {
  CHECK(line_of(reply::Done{}, "7") == "#7 OK");
  CHECK(line_of(error_of(ErrorCode::not_held), "a.b") == "#a.b ERR NOT_HELD");
}

TEST_CASE("session replies show secret, handle and ttl") {
  const std::string secret = "00112233445566778899aabbccddeeff";
  CHECK(line_of(reply::Opened{secret, SessionId{17}, 10s, true}) ==
        "OK session=" + secret + " handle=s17 ttl=10000 new=yes");
  CHECK(line_of(reply::Opened{"w7", SessionId{17}, 10s, false}) ==
        "OK session=w7 handle=s17 ttl=10000 new=no");
  CHECK(line_of(reply::Resumed{"w7", SessionId{17}, 10s}) == "OK session=w7 handle=s17 ttl=10000");
  CHECK(line_of(reply::KeptAlive{.ttl = 10s}) == "OK ttl=10000");
  CHECK(line_of(reply::KeptAlive{.ttl = 10s, .expired = 2}) == "OK ttl=10000 expired=2");
}

TEST_CASE("CANCEL says whether the grant is yours") {
  CHECK(line_of(reply::Cancelled{}) == "OK cancelled=yes");
  CHECK(line_of(reply::Cancelled{false, Token{42}, 5s}) == "OK cancelled=no token=42 ttl=5000");
}

TEST_CASE("errors carry their fields, then a quoted message") {
  CHECK(line_of(reply::Error{}) == "ERR INTERNAL");
  reply::Error busy = error_of(ErrorCode::busy);
  busy.waiters = 2;
  busy.expires_in = 1234ms;
  CHECK(line_of(busy) == "ERR BUSY waiters=2 expires_in=1234");
  reply::Error delayed = error_of(ErrorCode::busy);
  delayed.waiters = 0;
  delayed.delay = 5s;
  CHECK(line_of(delayed) == "ERR BUSY waiters=0 delay=5000");
  reply::Error elsewhere = error_of(ErrorCode::not_primary);
  CHECK(line_of(elsewhere) == "ERR NOT_PRIMARY");
  elsewhere.primary = "[::1]:7295";
  CHECK(line_of(elsewhere) == "ERR NOT_PRIMARY primary=[::1]:7295");
  reply::Error limit = error_of(ErrorCode::limit);
  limit.limit = "waiters_per_lock";
  limit.message = "try \"later\"\r\n\x1b[2J";
  CHECK(line_of(limit) == R"(ERR LIMIT limit=waiters_per_lock msg="try \"later\"\x0d\n\x1b[2J")");
}

TEST_CASE("HELP is one line with every verb that is served") {
  const std::string help = line_of(reply::Help{});
  CHECK(help.starts_with("OK commands=\"HELLO; HELP; PING; AUTH user secret; EVENTS on|off"));
  CHECK(help.ends_with("PROMOTE lost-node; HANDOVER [node]; QUIT\""));
  for (const VerbRule& rule : verb_rules()) {
    CHECK_THAT(help, Contains(std::string(rule.usage)));
  }
  CHECK_THAT(help, !Contains("\\"));
}

TEST_CASE("events name the lock or the session") {
  CHECK(line_of(event::LostLock{"jobs/a", Token{42}, LossReason::expired}) ==
        "EVENT LOST name=jobs/a token=42 reason=expired\n");
  CHECK(line_of(event::LostLock{"é", Token{1}, LossReason::broken}) ==
        "EVENT LOST name=é token=1 reason=broken\n");
  CHECK(line_of(event::LostLock{"a", Token{1}, LossReason::max_hold}) ==
        "EVENT LOST name=a token=1 reason=max_hold\n");
  CHECK(line_of(event::LostSession{SessionId{17}, 3}) ==
        "EVENT LOST session=s17 reason=session locks=3\n");
}

TEST_CASE("what becomes of a watched lock is one event, free text in it quoted") {
  using enum event::Watched::Kind;
  CHECK(line_of(event::Watched{"jobs/é", Token{42}, granted, {}}) ==
        "EVENT GRANTED name=jobs/é token=42\n");
  CHECK(line_of(event::Watched{"a", Token{1}, released, {}}) == "EVENT RELEASED name=a token=1\n");
  CHECK(line_of(event::Watched{"a", Token{1}, expired, "disconnect"}) ==
        "EVENT EXPIRED name=a token=1 reason=disconnect\n");
  CHECK(line_of(event::Watched{"a", Token{1}, broken, "by \"me\"\n"}) ==
        "EVENT BROKEN name=a token=1 reason=\"by \\\"me\\\"\\n\"\n");
  CHECK(line_of(event::Watched{"a", Token{1}, broken, {}}) ==
        "EVENT BROKEN name=a token=1 reason=\"\"\n");
}

TEST_CASE("SHOW lists holders and waiters with the page's keys in its order") {
  reply::Show show;
  show.name = "jobs/a";
  CHECK(line_of(show) ==
        R"(OK {"name":"jobs/a","holders":[],"waiters":[],"waiters_total":0,"delay_ms":0})");

  reply::Holder holder;
  holder.token = Token{42};
  holder.since = 1500ms;
  holder.expires_in = 28500ms;
  holder.renewed = 1400ms;
  holder.address = "127.0.0.1:40112";
  show.holders.push_back(holder);
  reply::Waiter waiter;
  waiter.position = 1;
  waiter.mode = Mode::shared;
  waiter.since = 20ms;
  waiter.session = SessionId{17};
  waiter.client = "worker 7";
  waiter.note = "line\n\"two\"";
  waiter.address = "[::1]:5";
  show.waiters.push_back(waiter);
  show.waiters_total = 9;
  show.delay = 250ms;
  CHECK(line_of(show) ==
        R"(OK {"name":"jobs/a","holders":[{"token":42,"mode":"exclusive","since_ms":1500,)"
        R"("expires_in_ms":28500,"renewed_ms":1400,"session":null,"client":null,"note":null,)"
        R"("address":"127.0.0.1:40112"}],"waiters":[{"position":1,"mode":"shared","since_ms":20,)"
        R"("session":"s17","client":"worker 7","note":"line\n\"two\"","address":"[::1]:5"}],)"
        R"("waiters_total":9,"delay_ms":250})");
}

TEST_CASE("LIST gives one object a lock and where to go on") {
  reply::List list;
  CHECK(line_of(list) == R"(OK {"locks":[],"next":null})");
  reply::LockLine lock;
  lock.name = "é";
  lock.mode = Mode::slot;
  lock.delay = 7ms;
  list.locks.push_back(lock);
  lock.name = "b";
  lock.holders = 1;
  lock.waiters = 2;
  lock.token = last_token;
  lock.since = 3ms;
  lock.expires_in = 4ms;
  list.locks.push_back(lock);
  list.next = "b";
  CHECK(line_of(list) ==
        R"(OK {"locks":[{"name":"é","mode":"slot","holders":0,"waiters":0,"token":null,)"
        R"("since_ms":0,"expires_in_ms":0,"delay_ms":7},{"name":"b","mode":"slot","holders":1,)"
        R"("waiters":2,"token":9007199254740991,"since_ms":3,"expires_in_ms":4,"delay_ms":7}],)"
        R"("next":"b"})");
}

TEST_CASE("SESSIONS gives handles, never secrets") {
  reply::Sessions sessions;
  CHECK(line_of(sessions) == R"(OK {"sessions":[],"next":null})");
  sessions.sessions.push_back({.handle = SessionId{17},
                               .name = "worker 7",
                               .address = "127.0.0.1:5",
                               .ttl = 10s,
                               .expires_in = 9s,
                               .locks = 2,
                               .waits = 1,
                               .since = 60s});
  sessions.next = SessionId{17};
  CHECK(line_of(sessions) ==
        R"(OK {"sessions":[{"handle":"s17","name":"worker 7","address":"127.0.0.1:5",)"
        R"("ttl_ms":10000,"expires_in_ms":9000,"locks":2,"waits":1,"since_ms":60000}],)"
        R"("next":"s17"})");
  sessions.sessions.front().name.clear();
  CHECK_THAT(line_of(sessions), Contains(R"("handle":"s17","name":null,)"));
}

TEST_CASE("STATUS tells of the node and its peers") {
  reply::Status status;
  status.node = "n1";
  status.role = Role::primary;
  status.epoch = Epoch{7};
  status.commit_index = LogIndex{99};
  status.locks = 1;
  status.sessions = 2;
  status.waiters = 3;
  status.connections = 4;
  status.uptime = 5s;
  status.nodes.push_back({"n1", Role::primary, 0, 0ms});
  status.nodes.push_back({"n2", Role::learner, 8, 50ms, false, "h:7295"});
  status.nodes.push_back({"n3", Role::standby, 0, 20ms, true});
  CHECK(line_of(status) ==
        R"(OK {"node":"n1","role":"primary","epoch":7,"commit_index":99,"locks":1,"sessions":2,)"
        R"("waiters":3,"connections":4,"uptime_ms":5000,"version":")" PAWL_VERSION
        R"(","nodes":[{"id":"n1","role":"primary","lag":0,"last_contact_ms":0},)"
        R"({"id":"n2","role":"learner","lag":8,"last_contact_ms":50,"client":"h:7295"},)"
        R"({"id":"n3","role":"standby","lag":0,"last_contact_ms":20,"witness":true}]})");
}

TEST_CASE("no control character of a client reaches another's terminal through JSON") {
  reply::Show show;
  show.name = "a";
  reply::Waiter waiter;
  waiter.note = "\x1b \x7F \xC2\x9B \xC2\xA0 \xFF";
  show.waiters.push_back(waiter);
  CHECK_THAT(line_of(show), Contains("\"note\":\"\\u001b \\u007f \\u009b \xC2\xA0 \xEF\xBF\xBD\""));
}

}  // namespace pawl::wire

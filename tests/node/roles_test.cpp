// SPDX-License-Identifier: Apache-2.0
//
// What becomes of locks, waits, sessions and requests when another node becomes primary.
#include <catch2/catch.hpp>

#include "node/core.hpp"
#include "node/group.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("three blank nodes that have met elect one of them, which serves") {
  Group group;
  char primary = group.primary();
  CHECK(group.ask(primary, "LOCK a") == "OK token=1 ttl=30000");
  group.pass(100ms);
  for (char other : group.others(primary)) {
    CHECK_THAT(group.ask(other, "HELLO"), Contains("role=standby"));
    CHECK(group.table(other) == group.table(primary));
  }
}

TEST_CASE("a standby names the primary to whoever asks for a lock, and serves nothing") {
  Group group;
  char primary = group.primary();
  char standby = group.others(primary).front();
  const std::string refusal = std::string{"ERR NOT_PRIMARY primary="} + primary + ":7295";
  for (const char* line : {"LOCK a", "UNLOCK a token=1", "RENEW a token=1", "VERIFY a token=1",
                           "CANCEL a id=x", "SHOW a", "LIST", "SESSIONS", "KEEPALIVE", "OPEN",
                           "RESUME x", "CLOSE", "BREAK a token=1 reason=x", "HANDOVER"}) {
    CAPTURE(line);
    CHECK_THAT(group.ask(standby, line), StartsWith(refusal));
  }
  CHECK(group.ask(standby, "PING") == "OK pong");
  CHECK_THAT(group.ask(standby, "STATUS"), Contains("\"role\":\"standby\""));
  CHECK(group.ask(standby, "QUIT") == "OK bye");
}

TEST_CASE("an OPEN that a standby refused leaves no way to a leased lock") {
  Group group;
  char standby = group.others(group.primary()).front();
  CHECK_THAT(group.ask(standby, "OPEN"), StartsWith("ERR NOT_PRIMARY"));
  group.kill(group.find_primary());
  group.pass(1s);
  char primary = group.primary();
  if (primary == standby) CHECK_THAT(group.ask(standby, "LOCK a"), StartsWith("ERR NO_SESSION"));
}

TEST_CASE("a grant, its token and a changed ttl survive the primary") {
  Group group;
  char first = group.primary();
  CHECK(group.ask(first, "LOCK a ttl=20s") == "OK token=1 ttl=20000");
  CHECK(group.ask(first, "RENEW a token=1 ttl=40s") == "OK ttl=40000");
  group.kill(first);
  char second = group.primary();
  CHECK(second != first);
  CHECK(group.ask(second, "RENEW a token=1") == "OK ttl=40000");
  CHECK(group.ask(second, "LOCK b") == "OK token=2 ttl=30000");
  CHECK_THAT(group.ask(second, "LOCK a", "B"), StartsWith("ERR BUSY"));
}

TEST_CASE("a new primary lets every lease run anew with its full ttl, and then ends it") {
  Group group;
  char first = group.primary();
  group.ask(first, "LOCK a ttl=10s");
  group.pass(9s);
  group.kill(first);
  char second = group.primary();
  group.pass(9900ms);
  CHECK_THAT(group.ask(second, "VERIFY a token=1"), StartsWith("OK ttl="));
  group.pass(200ms);
  CHECK(group.ask(second, "VERIFY a token=1") == "ERR NOT_HELD");
}

TEST_CASE("waits with an id keep their order over a failover, those without are gone") {
  Group group;
  char first = group.primary();
  group.ask(first, "LOCK a", "H");
  group.ask(first, "LOCK a wait=60s id=one", "1");
  group.ask(first, "LOCK a wait=60s", "x");
  group.ask(first, "LOCK a wait=60s id=two", "2");
  group.kill(first);
  char second = group.primary();
  // They come again in another order.
  CHECK(group.ask(second, "LOCK a wait=60s id=two", "2") == "");
  CHECK(group.ask(second, "LOCK a wait=60s id=one", "1") == "");
  CHECK_THAT(group.ask(second, "SHOW a", "s"), Contains("\"waiters_total\":2"));
  CHECK(group.ask(second, "UNLOCK a token=1", "u") == "OK");
  CHECK(group.read(second, "1") == "OK token=2 ttl=30000");
  CHECK(group.read(second, "2") == "");
}

TEST_CASE("a session with its locks and waits is taken up again at the new primary") {
  Group group;
  char first = group.primary();
  group.ask(first, "OPEN id=mine ttl=10s");
  for (int i = 0; i < 100; ++i) group.ask(first, "LOCK job/" + std::to_string(i));
  group.kill(first);
  char second = group.primary();
  CHECK_THAT(group.ask(second, "RESUME mine"), StartsWith("OK session=mine"));
  CHECK(group.ask(second, "VERIFY job/99 token=100") != "ERR NOT_HELD");
  CHECK(group.ask(second, "CLOSE") == "OK released=100");
}

TEST_CASE("a primary cut off from the others confirms nothing, and steps down") {
  Group group;
  char old = group.primary();
  group.ask(old, "LOCK a", "H");
  group.isolate(old);
  CHECK(group.ask(old, "VERIFY a token=1", "1") == "");
  CHECK(group.ask(old, "RENEW a token=1", "2") == "");
  CHECK(group.ask(old, "LOCK b", "3") == "");
  CHECK(group.ask(old, "LOCK a wait=60s id=x", "4") == "");
  group.pass(1s);
  CHECK_THAT(group.read(old, "1"), StartsWith("ERR NOT_PRIMARY"));
  CHECK_THAT(group.read(old, "2"), StartsWith("ERR NOT_PRIMARY"));
  CHECK_THAT(group.read(old, "3"), StartsWith("ERR NO_QUORUM"));
  CHECK_THAT(group.read(old, "4"), StartsWith("ERR NO_QUORUM"));
  CHECK_THAT(group.ask(old, "VERIFY a token=1", "1"), StartsWith("ERR NOT_PRIMARY"));
  char next = group.primary();
  CHECK(next != old);
  CHECK(group.ask(next, "LOCK b") == "OK token=2 ttl=30000");
  group.heal();
  group.pass(1s);
  CHECK(group.table(old) == group.table(next));
}

TEST_CASE("a waiting LOCK whose wait is applied answers NO_QUORUM when its primary steps down") {
  Group group;
  char old = group.primary();
  group.ask(old, "LOCK a", "H");
  CHECK(group.ask(old, "LOCK a wait=60s id=x", "W") == "");
  group.isolate(old);
  group.pass(1s);
  CHECK_THAT(group.read(old, "W"), StartsWith("ERR NO_QUORUM"));
}

TEST_CASE("a paused primary that wakes grants, renews, verifies and expires nothing") {
  Group group;
  char old = group.primary();
  group.ask(old, "LOCK a ttl=2s", "H");
  const std::vector<std::string> lines{"RENEW a token=1", "VERIFY a token=1", "LOCK b", "SHOW a"};
  for (const std::string& line : lines) group.ask(old, "PING", line);
  for (const std::string& line : lines) CHECK(group.read(old, line).empty());
  group.stop(old);
  for (const std::string& line : lines) group.send(old, line, line);
  group.pass(5s);
  char next = group.primary();
  CHECK(group.ask(next, "LOCK a wait=0", "N") == "OK token=2 ttl=30000");
  auto epoch = group[old].replica().epoch();
  auto last = group[old].replica().last();
  group.go_on(old);
  // Not one record more of its own, whatever is due by its clock.
  CHECK(group[old].replica().epoch() >= epoch);
  group.settle();
  CHECK_FALSE(group[old].replica().role() == Role::primary);
  CHECK_THAT(group.read(old, "RENEW a token=1"), StartsWith("ERR NOT_PRIMARY"));
  CHECK_THAT(group.read(old, "VERIFY a token=1"), StartsWith("ERR NOT_PRIMARY"));
  CHECK_THAT(group.read(old, "SHOW a"), StartsWith("ERR NOT_PRIMARY"));
  CHECK_THAT(group.read(old, "LOCK b"), StartsWith("ERR NO"));
  group.pass(1s);
  CHECK(group.table(old) == group.table(next));
  CHECK(last <= group[next].replica().last());
}

TEST_CASE("a standby ends no lease by its own clock") {
  Group group;
  char primary = group.primary();
  char standby = group.others(primary).front();
  group.ask(primary, "LOCK a ttl=1s");
  group.pass(100ms);
  group.isolate(standby);
  group.pass(5s);
  CHECK(group[standby].table().lock_count() == 1);
  CHECK(group[primary].table().lock_count() == 0);
}

TEST_CASE("HANDOVER moves the primary and fails no request") {
  Group group;
  char old = group.primary();
  char to = group.others(old).back();
  group.ask(old, "LOCK a", "H");
  group.send(old, std::string{"HANDOVER "} + to, "op");
  group.send(old, "LOCK b", "1");
  CHECK(group.read(old, "1") == "");
  group.settle();
  CHECK(group.read(old, "op") == "OK");
  CHECK(group.read(old, "1") == std::string{"ERR NOT_PRIMARY primary="} + to + ":7295");
  CHECK(group.find_primary() == to);
  CHECK(group.ask(to, "LOCK b", "1") == "OK token=2 ttl=30000");
}

TEST_CASE("HANDOVER waits for what stands in the log: who asked for it gets an answer") {
  Group group;
  char primary = group.primary();
  std::string others = group.others(primary);
  group.cut(primary, others[1]);
  group.hold_disk(primary, true);
  group.send(primary, "LOCK a", "1");
  // The target has it on its disk before the primary does.
  group.send(primary, std::string{"HANDOVER "} + others[0], "op");
  group.pass(20ms);
  CHECK(group.read(primary, "1") == "");

  group.hold_disk(primary, false);
  group.pass(20ms);
  CHECK(group.read(primary, "1") == "OK token=1 ttl=30000");
  CHECK(group.read(primary, "op") == "OK");
}

TEST_CASE("HANDOVER says what is wrong with it") {
  Group group;
  char primary = group.primary();
  CHECK_THAT(group.ask(primary, "HANDOVER z"), StartsWith("ERR BAD_REQUEST"));
  CHECK(group.ask(primary, std::string{"HANDOVER "} + primary) == "OK");
  char gone = group.others(primary).front();
  group.isolate(gone);
  // Not noticed yet: it is tried, and given up.
  group.send(primary, std::string{"HANDOVER "} + gone, "op");
  group.send(primary, "LOCK a", "1");
  group.pass(1s);
  CHECK_THAT(group.read(primary, "op"), StartsWith("ERR NO_QUORUM"));
  CHECK(group.read(primary, "1") == "OK token=1 ttl=30000");
  CHECK_THAT(group.ask(primary, std::string{"HANDOVER "} + gone, "op"),
             StartsWith("ERR BAD_REQUEST") && Contains("is not there"));
  CHECK_THAT(Core{}.ask("A", "HANDOVER"), StartsWith("ERR BAD_REQUEST"));
  CHECK_THAT(Core{}.ask("A", "PROMOTE n2"), StartsWith("ERR BAD_REQUEST"));
}

TEST_CASE("a drained primary hands over first; its waits go on there") {
  Group group;
  char old = group.primary();
  group.ask(old, "LOCK a", "H");
  group.ask(old, "LOCK a wait=60s id=x", "W");
  group.step(old, node::Drain{});
  CHECK(group[old].is_handing_over());
  group.settle();
  CHECK_FALSE(group[old].is_handing_over());
  char next = group.find_primary();
  CHECK(next != old);
  CHECK_THAT(group.read(old, "W"), StartsWith("ERR NO_QUORUM"));
  CHECK(group.ask(next, "LOCK a wait=60s id=x", "W") == "");
  CHECK(group.ask(next, "UNLOCK a token=1", "U") == "OK");
  CHECK(group.read(next, "W") == "OK token=2 ttl=30000");
}

TEST_CASE("who is held back when a drain begins is told once nobody has taken over") {
  Group group;
  char primary = group.primary();
  group.grace = 10s;
  for (char name : {'a', 'b', 'c'}) {
    group.kill(name);
    group.start(name);
  }
  primary = group.primary();
  group.send(primary, "LOCK a wait=60s", "W");
  group.pass(50ms);
  CHECK(group.read(primary, "W") == "");

  group.isolate(primary);
  group.step(primary, node::Drain{});
  group.pass(50ms);
  group.heal();
  group.pass(600ms);

  CHECK(group.find_primary() == primary);
  CHECK_THAT(group.read(primary, "W"), StartsWith("ERR SHUTTING_DOWN"));
}

TEST_CASE("of two PROMOTEs at once the second is refused, and the first is answered") {
  Group group(2);
  char lost = group.primary();
  char survivor = group.others(lost).front();
  group.kill(lost);
  group.pass(1s);
  group.hold_disk(survivor, true);
  const std::string promote = std::string{"PROMOTE "} + lost;
  CHECK(group.ask(survivor, promote, "1") == "");
  CHECK_THAT(group.ask(survivor, promote, "2"), StartsWith("ERR BAD_REQUEST"));
  group.hold_disk(survivor, false);
  group.settle();
  CHECK(group.read(survivor, "1") == "OK");
  CHECK(group.find_primary() == survivor);
}

TEST_CASE("a pair serves only while both are there, until one is promoted") {
  Group group(2);
  char first = group.primary();
  char second = group.others(first).front();
  CHECK(group.ask(first, "LOCK a", "H") == "OK token=1 ttl=30000");
  const std::string promote = std::string{"PROMOTE "} + first;
  CHECK_THAT(group.ask(second, promote, "op"), StartsWith("ERR BAD_REQUEST"));
  group.kill(first);
  group.pass(2s);
  CHECK_THAT(group.ask(second, "LOCK b", "1"), StartsWith("ERR NOT_PRIMARY"));
  CHECK_THAT(group.ask(second, std::string{"PROMOTE "} + second, "op"),
             StartsWith("ERR BAD_REQUEST"));
  CHECK(group.ask(second, promote, "op") == "OK");
  CHECK(group.find_primary() == second);
  CHECK_THAT(group.ask(second, "VERIFY a token=1", "1"), StartsWith("OK"));
  std::uint64_t token = field(group.ask(second, "LOCK b", "1"), "token");
  CHECK(token > std::uint64_t{1} << 40);
  group.kill(second);
  group.start(second);
  CHECK(group.primary() == second);

  // With a new disk the other one learns everything, and decides nothing.
  group.wipe(first);
  group.start(first);
  group.pass(1s);
  CHECK(group.table(first) == group.table(second));
  group.kill(second);
  group.pass(3s);
  CHECK(group.find_primary() == '?');
  const std::string promote_copy = std::string{"PROMOTE "} + second;
  for (int starts = 0; starts < 2; ++starts) {
    CHECK_THAT(group.ask(first, promote_copy, "op"),
               StartsWith("ERR BAD_REQUEST") && Contains("is a copy of the other one"));
    group.pass(1s);
    CHECK(group.find_primary() == '?');
    group.kill(first);
    group.start(first);
  }
  group.start(second);
  CHECK(group.primary() == second);
}

}  // namespace
}  // namespace pawl::testing

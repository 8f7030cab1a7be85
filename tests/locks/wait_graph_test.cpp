// SPDX-License-Identifier: Apache-2.0
//
// Who would wait for ever is told so, and nobody else: one way of being stuck, or of getting out,
// each.
#include "locks/wait_graph.hpp"

#include <catch2/catch.hpp>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

struct Workers {
  TableDriver table;

  SessionId open(bool deadlock = true) {
    return table.open("secret" + std::to_string(++opened_), deadlock);
  }
  Token hold(SessionId session, std::string_view name, Wish wish = {}) {
    return hold_all(session, {name}, wish);
  }
  Token hold_all(SessionId session, const Several& names, Wish wish = {}) {
    wish.session = session;
    Token token = table.grant_all(names, wish);
    CHECK(token != Token{});
    return token;
  }
  Verdict wait(SessionId session, std::string_view name, Wish wish = {}) {
    return wait_all(session, {name}, wish);
  }
  Verdict wait_all(SessionId session, const Several& names, Wish wish = {}) {
    wish.session = session;
    wish.wait = true;
    return table.lock_all(names, wish);
  }

 private:
  int opened_ = 0;
};

constexpr Wish reading{.mode = Mode::shared};
constexpr Wish one_of_two{.mode = Mode::slot, .slots = 2};

TEST_CASE("two that wait for each other: the second is told, the first waits on") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  w.hold(one, "a");
  Token b = w.hold(two, "b");
  CHECK(w.wait(one, "b") == Verdict::queued);

  CHECK(w.wait(two, "a") == Verdict::deadlock);

  CHECK(w.table.cycle() == "s2 a → s1 b → s2");
  CHECK(w.table.changes() == Changes{"claimed a", "deadlocked a"});
  CHECK(w.table.queue_of("a").empty());
  CHECK(w.table.unlock("b", b, two) == Verdict::done);
  CHECK(w.table.changes() == Changes{"unlocked b 2", "granted b 3"});
  CHECK(w.table.cycle().empty());
}

TEST_CASE("three that wait for each other in a ring") {
  Workers w;
  SessionId sessions[] = {w.open(), w.open(), w.open()};
  std::string_view names[] = {"a", "b", "c"};
  for (std::size_t at = 0; at < 3; ++at) w.hold(sessions[at], names[at]);
  CHECK(w.wait(sessions[0], "b") == Verdict::queued);
  CHECK(w.wait(sessions[1], "c") == Verdict::queued);

  CHECK(w.wait(sessions[2], "a") == Verdict::deadlock);

  CHECK(w.table.cycle() == "s3 a → s1 b → s2 c → s3");
}

TEST_CASE("who waits for what it holds waits for itself") {
  Workers w;
  SessionId one = w.open();
  w.hold(one, "a");

  CHECK(w.wait(one, "a") == Verdict::deadlock);
  CHECK(w.table.cycle() == "s1 a → s1");
}

TEST_CASE("a reader that would write waits for itself") {
  Workers w;
  SessionId one = w.open();
  w.hold(one, "a", reading);

  CHECK(w.wait(one, "a") == Verdict::deadlock);
}

TEST_CASE("a session is one line of work: its second wait behind its first is for ever") {
  Workers w;
  SessionId one = w.open();
  w.table.grant("a");
  CHECK(w.wait(one, "a") == Verdict::queued);

  CHECK(w.wait(one, "a") == Verdict::deadlock);
  CHECK(w.table.cycle() == "s1 a → s1");
}

TEST_CASE("a session with two waits proceeds only when both can") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  w.table.grant("free soon");
  w.hold(one, "a");
  w.hold(two, "b");
  CHECK(w.wait(one, "free soon") == Verdict::queued);
  CHECK(w.wait(one, "b") == Verdict::queued);

  CHECK(w.wait(two, "a") == Verdict::deadlock);
}

TEST_CASE("a reader and a writer that wait for each other") {
  Workers w;
  SessionId reader = w.open();
  SessionId writer = w.open();
  w.hold(reader, "a", reading);
  w.hold(writer, "b");
  CHECK(w.wait(writer, "a") == Verdict::queued);

  CHECK(w.wait(reader, "b", reading) == Verdict::deadlock);
  CHECK(w.table.cycle() == "s1 b → s2 a → s1");
}

TEST_CASE("readers do not wait for readers") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  w.hold(one, "a", reading);
  w.hold(two, "b");
  CHECK(w.wait(one, "b") == Verdict::queued);

  CHECK(w.wait(two, "a", reading) == Verdict::granted);
}

TEST_CASE("who waits ahead blocks, though the holder can proceed") {
  Workers w;
  SessionId ahead = w.open();
  SessionId behind = w.open();
  w.table.grant("a");
  w.hold(behind, "b");
  CHECK(w.wait(ahead, "a") == Verdict::queued);
  CHECK(w.wait(behind, "a") == Verdict::queued);

  CHECK(w.wait(ahead, "b") == Verdict::deadlock);
  CHECK(w.table.cycle() == "s1 b → s2 a → s1");
}

TEST_CASE("a reader behind a writer waits for the writer") {
  Workers w;
  SessionId writer = w.open();
  SessionId reader = w.open();
  w.table.grant("a", reading);
  w.hold(reader, "b");
  CHECK(w.wait(writer, "a") == Verdict::queued);
  CHECK(w.wait(reader, "a", reading) == Verdict::queued);

  CHECK(w.wait(writer, "b") == Verdict::deadlock);
}

TEST_CASE("who waits behind blocks nobody") {
  Workers w;
  SessionId ahead = w.open();
  SessionId behind = w.open();
  w.table.grant("a");
  w.hold(ahead, "b");
  CHECK(w.wait(ahead, "a") == Verdict::queued);

  CHECK(w.wait_all(behind, {"a", "b"}) == Verdict::queued);
}

TEST_CASE("a wait for a slot is for ever only when all who have one are stuck") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  SessionId third = w.open();
  w.hold(one, "slots", one_of_two);
  w.hold(two, "slots", one_of_two);
  w.hold(third, "b");
  CHECK(w.wait(third, "slots", one_of_two) == Verdict::queued);
  CHECK(w.wait(one, "b") == Verdict::queued);

  CHECK(w.wait(two, "b") == Verdict::deadlock);
  CHECK(w.table.cycle() == "s2 b → s3 slots → s2");
}

TEST_CASE("who waits ahead for a slot takes one of those that come free") {
  Workers w;
  SessionId ahead = w.open();
  SessionId behind = w.open();
  SessionId holder = w.open();
  w.table.grant("slots", one_of_two);
  w.hold(holder, "slots", one_of_two);
  w.hold(behind, "b");
  w.hold(behind, "c");
  CHECK(w.wait(ahead, "slots", one_of_two) == Verdict::queued);
  CHECK(w.wait(behind, "slots", one_of_two) == Verdict::queued);
  // The leased slot comes free, but goes to whoever waits ahead; the other never does.
  CHECK(w.wait(holder, "c") == Verdict::queued);

  CHECK(w.wait(ahead, "b") == Verdict::deadlock);
}

TEST_CASE("of several names one is enough to be stuck") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  w.hold_all(one, {"a", "b"});
  w.hold(two, "c");
  w.table.grant("x");
  CHECK(w.wait_all(two, {"x", "b"}) == Verdict::queued);

  CHECK(w.wait_all(one, {"d", "c"}) == Verdict::deadlock);

  CHECK(w.table.cycle() == "s1 c → s2 b → s1");
  CHECK(w.table.changes() == Changes{"claimed d", "deadlocked d"});
  CHECK(w.table.lock("d") == Verdict::granted);
}

TEST_CASE("a free name that somebody waits for among several is not free") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  w.hold(two, "b");
  w.table.grant("x");
  CHECK(w.wait_all(one, {"x", "a"}) == Verdict::queued);
  CHECK(w.wait(two, "a") == Verdict::queued);

  CHECK(w.wait(one, "b") == Verdict::deadlock);
  CHECK(w.table.cycle() == "s1 b → s2 a → s1");
}

TEST_CASE("a knot: everybody's slot is awaited by somebody who waits for a slot") {
  Workers w;
  Wish slot{.mode = Mode::slot, .slots = 2};
  SessionId sessions[] = {w.open(), w.open(), w.open(), w.open()};
  w.hold(sessions[0], "a", slot);
  w.hold(sessions[1], "a", slot);
  w.hold(sessions[2], "b", slot);
  w.hold(sessions[3], "b", slot);
  CHECK(w.wait(sessions[0], "b", slot) == Verdict::queued);
  CHECK(w.wait(sessions[2], "a", slot) == Verdict::queued);
  CHECK(w.wait(sessions[1], "b", slot) == Verdict::queued);

  CHECK(w.wait(sessions[3], "a", slot) == Verdict::deadlock);
}

TEST_CASE("who cannot be stuck gets the others out") {
  Workers w;
  SessionId one = w.open();
  w.hold(one, "a");
  auto is_queued_through = [&](SessionId other) {
    w.hold(other, "b");
    return w.wait(other, "a") == Verdict::queued && w.wait(one, "b") == Verdict::queued;
  };

  SECTION("a session opened with deadlock=off") { CHECK(is_queued_through(w.open(false))); }
  SECTION("a leased holder") { CHECK(is_queued_through(SessionId{})); }
  SECTION("the asker itself, with deadlock=off") {
    SessionId off = w.open(false);
    w.hold(off, "b");
    CHECK(w.wait(one, "b") == Verdict::queued);
    CHECK(w.wait(off, "a") == Verdict::queued);
    CHECK(w.wait(off, "b") == Verdict::queued);
  }
}

TEST_CASE("an unclaimed wait neither blocks nor is stuck, until it is claimed") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  w.hold(one, "a");
  w.hold(two, "b");
  CHECK(w.wait(one, "b", {.id = "i"}) == Verdict::queued);
  w.table.unclaim(w.table.claim());
  CHECK(w.wait(two, "a") == Verdict::queued);

  CHECK(w.wait(one, "b", {.id = "i"}) == Verdict::deadlock);

  CHECK(w.table.cycle() == "s1 b → s2 a → s1");
  CHECK(w.table.queue_of("b").empty());
  CHECK(w.table.cancel("b", "i", one) == Verdict::cancelled);
}

TEST_CASE("who was claimed and told of a deadlock holds back nobody behind it") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  w.hold_all(two, {"a", "d"});
  Token x = w.table.grant("x", {.mode = Mode::shared});
  CHECK(w.wait_all(one, {"x", "a"}, {.id = "i"}) == Verdict::queued);
  ClaimNumber claim = w.table.claim();
  w.hold(one, "b");
  w.table.unclaim(claim);
  CHECK(w.wait(two, "b") == Verdict::queued);

  CHECK(w.wait_all(one, {"a", "x"}, {.id = "i"}) == Verdict::deadlock);

  CHECK(w.table.lock("x", {.mode = Mode::shared}) == Verdict::granted);
  CHECK(w.table.holds("x", x));
}

TEST_CASE("a wait that is claimed and could hold at once closes a deadlock all the same") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  Token a = w.table.grant("a", reading);
  w.hold(two, "b");
  ClaimNumber writer = w.table.wait("a");
  ClaimNumber reader = w.table.wait("a", {.id = "i", .session = one, .mode = Mode::shared});
  w.table.unclaim(reader);
  w.table.end_wait(writer, WaitEnd::timeout);
  CHECK(w.wait(two, "a") == Verdict::queued);
  CHECK(w.wait(one, "b") == Verdict::queued);

  CHECK(w.wait(one, "a", {.id = "i", .mode = Mode::shared}) == Verdict::deadlock);

  CHECK(w.table.cycle() == "s1 b → s2 a → s1");
  CHECK(w.table.unlock("a", a) == Verdict::done);
  CHECK(w.table.changes() == Changes{"unlocked a 1", "granted a 3"});
}

TEST_CASE("a delay ends by itself") {
  Workers w;
  SessionId one = w.open();
  SessionId two = w.open();
  Token a = w.hold(one, "a", {.delay_ms = 1'000});
  w.hold(two, "b");
  CHECK(w.wait(one, "b") == Verdict::queued);
  w.table.break_hold("a", a);
  CHECK(w.table.changes() == Changes{"broken a 1", "delayed a 1000"});

  CHECK(w.wait(two, "a") == Verdict::queued);
}

TEST_CASE("a dead session that is not swept yet blocks nobody for ever") {
  Workers w;
  SessionId dead = w.open();
  SessionId one = w.open();
  SessionId two = w.open();
  w.hold(one, "a");
  w.hold(two, "c");
  w.hold(dead, "b");
  for (std::size_t at = 0; at < sweep_locks; ++at) {
    std::string name = "many/" + std::to_string(at);
    w.table.grant(name);
    CHECK(w.wait(dead, name) == Verdict::queued);
  }
  CHECK(w.wait(dead, "a") == Verdict::queued);
  CHECK(w.wait(two, "b") == Verdict::queued);
  w.table.close(dead);
  CHECK(w.table.changes().back() == "swept s1, more");
  CHECK(w.table.queue_of("a").size() == 1);

  CHECK(w.wait(one, "c") == Verdict::queued);
}

TEST_CASE("a long cycle is cut short in what is told of it") {
  Workers w;
  constexpr std::size_t length = 60;
  std::vector<SessionId> sessions;
  for (std::size_t at = 0; at < length; ++at) {
    sessions.push_back(w.open());
    w.hold(sessions.back(), "n" + std::to_string(at));
  }
  for (std::size_t at = 0; at + 1 < length; ++at) {
    CHECK(w.wait(sessions[at], "n" + std::to_string(at + 1)) == Verdict::queued);
  }

  CHECK(w.wait(sessions.back(), "n0") == Verdict::deadlock);

  std::string cycle{w.table.cycle()};
  CHECK(cycle.starts_with("s60 n0 → s1 n1 → s2 n2 → s3 "));
  CHECK(cycle.ends_with("s30 n30 → s31 … n59 → s60"));
}

}  // namespace
}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
//
// delay= and max_hold=: after an unclean loss a lock stays ungrantable until its delay is ended.
#include <catch2/catch.hpp>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

constexpr Wish delayed{.delay_ms = 500};
constexpr Wish read_delayed{.mode = Mode::shared, .delay_ms = 500};
constexpr Wish slot_delayed{.mode = Mode::slot, .slots = 2, .delay_ms = 500};

TEST_CASE("every unclean loss is followed by the delay, no clean one is") {
  TableDriver table;
  SessionId session = table.open("s");
  Wish owned = delayed;
  owned.session = session;

  SECTION("expired") {
    table.expire("a", table.grant("a", delayed));
    CHECK(table.changes() == Changes{"expired a 1", "delayed a 500"});
  }
  SECTION("broken") {
    table.break_hold("a", table.grant("a", delayed));
    CHECK(table.changes() == Changes{"broken a 1", "delayed a 500"});
  }
  SECTION("taken back, leased") {
    table.take_back("a", table.grant("a", delayed));
    CHECK(table.changes() == Changes{"taken back a 1", "delayed a 500"});
  }
  SECTION("taken back from a session") {
    table.take_back("a", table.grant("a", owned));
    CHECK(table.changes() == Changes{"taken back a 1", "delayed a 500"});
    CHECK(table.close(session) == Verdict::closed);
    CHECK(table.released() == 0);
  }
  SECTION("lapsed with its session") {
    table.grant("a", owned);
    table.expire_session(session);
    CHECK(table.changes() ==
          Changes{"ended s1 holding 1", "lapsed a 1", "delayed a 500", "swept s1"});
  }
  SECTION("ended with its last connection") {
    table.grant("a", owned);
    table.expire_session(session, SessionEnd::disconnected);
    CHECK(table.changes() ==
          Changes{"ended s1 holding 1", "disconnected a 1", "delayed a 500", "swept s1"});
  }
  SECTION("not when unlocked") {
    table.unlock("a", table.grant("a", delayed));
    CHECK(table.changes() == Changes{"unlocked a 1"});
  }
  SECTION("not when its session is closed") {
    table.grant("a", owned);
    table.close(session);
    CHECK(table.changes() == Changes{"ended s1 holding 1", "closed a 1", "swept s1"});
  }
  SECTION("not without delay=") {
    table.expire("a", table.grant("a"));
    CHECK(table.changes() == Changes{"expired a 1"});
  }
}

TEST_CASE("while it delays a lock is not granted, then to whoever waits first") {
  TableDriver table;
  Token lost = table.grant("a", delayed);
  table.expire("a", lost);

  CHECK(table.lock("a") == Verdict::busy);
  CHECK(table.lock("a", {.mode = Mode::shared}) == Verdict::busy);
  CHECK(table.wait("a") != ClaimNumber{});
  CHECK(table.table().lock_count() == 1);
  table.end_delay("a", lost);

  CHECK(table.changes() == Changes{"delay ended a", "granted a 2"});
}

TEST_CASE("a lock that delays and that nobody awaits is free and gone when the delay ends") {
  TableDriver table;
  std::size_t baseline = table.table().memory();
  Token lost = table.grant("a", delayed);
  table.expire("a", lost);
  CHECK_FALSE(table.table().may_be_free("a", Mode::exclusive));

  table.end_delay("a", lost);
  table.apply(record::Sweep{SessionId{99}});

  CHECK(table.table().lock_count() == 0);
  CHECK(table.table().memory() == baseline);
}

TEST_CASE("who lost it holds it no more, though it delays") {
  TableDriver table;
  Token lost = table.grant("a", delayed);
  table.expire("a", lost);

  CHECK_FALSE(table.holds("a", lost));
  CHECK(table.unlock("a", lost) == Verdict::not_held);
  CHECK(table.unlock("a", Token{}) == Verdict::not_held);
  CHECK(table.break_hold("a", lost) == Verdict::not_held);
  CHECK(table.apply(record::RenewTtl{.hold = {"a", lost}}) == Verdict::not_held);
  table.expire("a", lost);
  CHECK_FALSE(table.has_changes());
  table.take_back("a", lost);
  CHECK_FALSE(table.has_changes());
}

TEST_CASE("a delay ends once, by its own token, and by a decision of this epoch") {
  TableDriver table;
  Token lost = table.grant("a", delayed);
  table.end_delay("a", lost);
  CHECK_FALSE(table.has_changes());
  table.expire("a", lost);

  table.end_delay("a", Token{lost.value + 1});
  CHECK_FALSE(table.has_changes());
  HoldName hold{"a", lost};
  table.apply(record::EndDelays{Epoch{0}, {&hold, 1}});
  CHECK_FALSE(table.has_changes());
  table.end_delay("a", lost);
  CHECK(table.changes() == Changes{"delay ended a"});
  table.end_delay("a", lost);
  CHECK_FALSE(table.has_changes());
}

TEST_CASE("a delay outlives an epoch") {
  TableDriver table;
  Token lost = table.grant("a", delayed);
  table.expire("a", lost);

  table.start_epoch();

  CHECK(table.lock("a") == Verdict::busy);
  table.end_delay("a", lost);
  CHECK(table.lock("a") == Verdict::granted);
}

TEST_CASE("a lost reader delays writers only") {
  TableDriver table;
  Token lost = table.grant("a", read_delayed);
  table.expire("a", lost);

  Token reader = table.grant("a", {.mode = Mode::shared});
  CHECK(reader != Token{});
  CHECK(table.lock("a") == Verdict::busy);
  table.wait("a");
  table.unlock("a", reader);
  CHECK(table.changes() == Changes{"unlocked a 2"});
  table.end_delay("a", lost);

  CHECK(table.changes() == Changes{"delay ended a", "granted a 3"});
}

TEST_CASE("a lost slot delays only itself") {
  TableDriver table;
  Token lost = table.grant("a", slot_delayed);
  Token other = table.grant("a", slot_delayed);
  table.expire("a", lost);

  CHECK(table.lock("a", slot_delayed) == Verdict::busy);
  CHECK(table.unlock("a", other) == Verdict::done);
  CHECK(table.lock("a", slot_delayed) == Verdict::granted);
  CHECK(table.lock("a", slot_delayed) == Verdict::busy);
  table.end_delay("a", lost);
  CHECK(table.lock("a", slot_delayed) == Verdict::granted);
}

TEST_CASE("the number of slots stands while one delays") {
  TableDriver table;
  Token lost = table.grant("a", slot_delayed);
  table.expire("a", lost);

  CHECK(table.lock("a", {.mode = Mode::slot, .slots = 3}) == Verdict::other_slots);
  CHECK(table.set_slots("a", 3) == Verdict::done);
  table.end_delay("a", lost);
  CHECK(table.lock("a", {.mode = Mode::slot, .slots = 7}) == Verdict::granted);
}

TEST_CASE("of several names each has a delay of its own") {
  TableDriver table;
  Token lost = table.grant_all({"a", "b"}, delayed);
  table.take_back("b", lost);
  CHECK(table.changes() ==
        Changes{"taken back a 1", "delayed a 500", "taken back b 1", "delayed b 500"});
  table.wait_all({"b", "a"});

  table.end_delay("a", lost);
  CHECK(table.changes() == Changes{"delay ended a"});
  table.end_delay("b", lost);

  CHECK(table.changes() == Changes{"delay ended b", "granted b 2"});
}

TEST_CASE("the id of a lost hold is free for another LOCK, the delay is in its way too") {
  TableDriver table;
  Wish wish = delayed;
  wish.id = "i";
  Token lost = table.grant("a", wish);
  table.expire("a", lost);

  CHECK(table.lock("a", wish) == Verdict::busy);
  ClaimNumber wait = table.wait("a", wish);
  CHECK(wait != ClaimNumber{});
  table.end_delay("a", lost);

  CHECK(table.changes() == Changes{"delay ended a", "granted a 2"});
}

TEST_CASE("delay, max_hold and note of the first LOCK stay") {
  TableDriver table;
  Wish wish{.id = "i", .delay_ms = 500, .max_hold_ms = 60'000};
  Token token = table.grant("a", wish);
  CHECK(table.grant("a", {.id = "i", .delay_ms = 7, .max_hold_ms = 8}) == token);

  Slot holder = table.table().find_holder("a", token);
  const Details* details = table.table().details(table.table().acquisition(holder).details);
  REQUIRE(details != nullptr);
  CHECK(details->max_hold_ms == 60'000);
  table.expire("a", token);
  CHECK(table.changes() == Changes{"expired a 1", "delayed a 500"});
}

TEST_CASE("a hold is taken back even if renewed, by a decision of this epoch only") {
  TableDriver table;
  Token token = table.grant("a", {.max_hold_ms = 1'000});
  table.apply(record::RenewTtl{.hold = {"a", token}});
  HoldName hold{"a", token};
  table.apply(record::TakeBack{Epoch{0}, {&hold, 1}});
  CHECK(table.holds("a", token));
  table.wait("a");

  table.take_back("a", token);

  CHECK(table.changes() == Changes{"taken back a 1", "granted a 2"});
}

}  // namespace
}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
//
// Several names in one LOCK: all or none, one token, one lease for what is still held, one place in
// every queue.
#include <catch2/catch.hpp>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

TEST_CASE("of several names all are granted at once, with one token") {
  TableDriver table;

  CHECK(table.lock_all({"b", "a"}) == Verdict::granted);

  CHECK(table.changes() == Changes{"granted b 1"});
  CHECK(table.holds("a", Token{1}));
  CHECK(table.holds("b", Token{1}));
  CHECK(table.table().lock_count() == 2);
}

TEST_CASE("of several names none is taken while one is held") {
  TableDriver table;
  table.grant("b");

  CHECK(table.lock_all({"a", "b", "c"}) == Verdict::busy);

  CHECK(table.busy_name() == "b");
  CHECK_FALSE(table.has_changes());
  CHECK(table.lock("a") == Verdict::granted);
  CHECK(table.lock("c") == Verdict::granted);
}

TEST_CASE("who waits for several names gets all when the last is free") {
  TableDriver table;
  Token a = table.grant("a");
  Token b = table.grant("b");
  table.wait_all({"a", "b", "c"});
  CHECK(table.changes() == Changes{"claimed a"});

  table.unlock("a", a);
  CHECK(table.changes() == Changes{"unlocked a 1"});
  table.unlock("b", b);

  CHECK(table.changes() == Changes{"unlocked b 2", "granted a 3"});
  for (std::string_view name : {"a", "b", "c"}) CHECK(table.holds(name, Token{3}));
}

TEST_CASE("nobody overtakes who waits for several names, on a free one neither") {
  TableDriver table;
  Token a = table.grant("a");
  table.wait_all({"a", "b"});

  CHECK(table.lock("b") == Verdict::busy);
  CHECK(table.lock("b", {.mode = Mode::shared}) == Verdict::busy);
  table.wait("b");
  table.unlock("a", a);

  CHECK(table.changes() == Changes{"unlocked a 1", "granted a 2"});
  CHECK(table.unlock_all({"a", "b"}, Token{2}) == Verdict::done);
  CHECK(table.changes() == Changes{"unlocked a 2", "unlocked b 2", "granted b 3"});
}

TEST_CASE("two that want the same names in another order are granted one after the other") {
  TableDriver table;
  Token first = table.grant_all({"a", "b"});
  table.wait_all({"b", "a"});
  table.wait_all({"a", "b"});

  table.unlock_all({"b", "a"}, first);
  CHECK(table.changes() == Changes{"unlocked b 1", "unlocked a 1", "granted b 2"});
  table.unlock_all({"a", "b"}, Token{2});
  CHECK(table.changes() == Changes{"unlocked a 2", "unlocked b 2", "granted a 3"});
}

TEST_CASE("a reader passes a reader that waits for another name besides, a writer does not") {
  TableDriver table;
  table.grant("a");
  table.wait_all({"a", "b"}, {.mode = Mode::shared});

  CHECK(table.lock("b", {.mode = Mode::shared}) == Verdict::granted);
  CHECK(table.lock("b") == Verdict::busy);
}

TEST_CASE("a slot is kept for who waits for another name besides") {
  TableDriver table;
  Wish slot{.mode = Mode::slot, .slots = 2};
  Token full = table.grant("a", {.mode = Mode::slot, .slots = 1});
  CHECK(table.lock_all({"a", "b"}, slot) == Verdict::other_slots);
  table.unlock("a", full);
  table.grant("a", slot);
  Token second = table.grant("a", slot);
  slot.wait = true;
  CHECK(table.lock_all({"a", "b"}, slot) == Verdict::queued);
  slot.wait = false;

  CHECK(table.lock("b", slot) == Verdict::granted);
  CHECK(table.lock("b", slot) == Verdict::busy);
  table.unlock("a", second);
  CHECK(table.changes() == Changes{"unlocked a 3", "granted a 5"});
}

TEST_CASE("a part may be unlocked, the rest stays under the same token and lease") {
  TableDriver table;
  Token token = table.grant_all({"a", "b", "c"}, {.delay_ms = 500});

  CHECK(table.unlock("a", token) == Verdict::done);
  CHECK(table.changes() == Changes{"unlocked a 1"});
  CHECK_FALSE(table.holds("a", token));
  CHECK(table.holds("b", token));
  CHECK(table.unlock("a", token) == Verdict::not_held);
  table.expire("c", token);

  CHECK(table.changes() == Changes{"expired b 1", "delayed b 500", "expired c 1", "delayed c 500"});
  CHECK_FALSE(table.holds("b", token));
  CHECK(table.lock("a") == Verdict::granted);
}

TEST_CASE("a part in the middle may be unlocked, and any name renews what is left") {
  TableDriver table;
  Token token = table.grant_all({"a", "b", "c"});
  table.unlock("b", token);

  CHECK(table.apply(record::RenewTtl{.hold = {"c", token}, .ttl_ms = 5'000}) == Verdict::done);

  CHECK(table.changes() == Changes{"renewed a"});
  Slot a = table.table().find_holder("a", token);
  CHECK(table.table().acquisition(a).ttl_ms == 5'000);
  CHECK(table.apply(record::RenewTtl{.hold = {"b", token}}) == Verdict::not_held);
}

TEST_CASE("an unlock of several names is all or nothing") {
  TableDriver table;
  SessionId session = table.open("s");
  Token leased = table.grant_all({"a", "b"});
  Token owned = table.grant_all({"c", "d"}, {.session = session});

  CHECK(table.unlock_all({"a", "c"}, leased) == Verdict::not_held);
  CHECK(table.unlock_all({"a", "free"}, leased) == Verdict::not_held);
  CHECK(table.unlock_all({"c", "d"}, owned) == Verdict::no_session);
  CHECK_FALSE(table.has_changes());
  CHECK(table.unlock_all({"d", "c"}, owned, session) == Verdict::done);
  CHECK(table.holds("a", leased));
  CHECK(table.table().lock_count() == 2);
}

TEST_CASE("of several names all are free before anybody is granted one") {
  TableDriver table;
  Token token = table.grant_all({"a", "b"});
  table.wait_all({"b", "a"}, {.session = table.open("s")});
  table.wait("a");

  table.expire("b", token);

  CHECK(table.changes() == Changes{"expired a 1", "expired b 1", "granted b 2"});
}

TEST_CASE("the same LOCK with the same id is the same acquisition, its names in any order") {
  TableDriver table;
  Token holder = table.grant("b");
  ClaimNumber wait = table.wait_all({"a", "b"}, {.id = "i"});

  CHECK(table.wait_all({"b", "a"}, {.id = "i"}) == ClaimNumber{wait.value + 1});
  CHECK(table.queue_of("a").size() == 1);
  CHECK(table.lock_all({"b", "a"}, {.id = "i"}) == Verdict::busy);
  CHECK(table.busy_name() == "b");
  table.unlock("b", holder);

  CHECK(table.grant_all({"b", "a"}, {.id = "i"}) == Token{2});
  CHECK(table.changes() == Changes{"renewed a"});
}

TEST_CASE("the same id with other names is another LOCK") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant_all({"a", "b"}, {.id = "i", .session = session});
  auto again = [&](const Several& names) {
    return table.lock_all(names, {.id = "i", .session = session});
  };

  CHECK(again({"a"}) == Verdict::mismatch);
  CHECK(again({"a", "c"}) == Verdict::mismatch);
  CHECK(again({"a", "b", "c"}) == Verdict::mismatch);
  CHECK(again({"c", "d"}) == Verdict::mismatch);
  CHECK(again({"b", "a"}) == Verdict::granted);
}

TEST_CASE("a repeat says when a part is gone, and renews nothing") {
  TableDriver table;
  Token token = table.grant_all({"a", "b"}, {.id = "i"});
  table.unlock("a", token);

  CHECK(table.lock_all({"a", "b"}, {.id = "i", .ttl_ms = 1, .ttl_given = true}) ==
        Verdict::not_held);

  CHECK_FALSE(table.has_changes());
  CHECK(table.table().acquisition(table.table().find_holder("b", token)).ttl_ms == 30'000);
}

TEST_CASE("a wait for several names is cancelled by any of them, and is then spent for all") {
  TableDriver table;
  Token b = table.grant("b");
  table.wait_all({"a", "b"}, {.id = "i"});
  table.wait("a");

  CHECK(table.cancel("b", "i") == Verdict::cancelled);

  CHECK(table.changes() == Changes{"cancelled a", "granted a 2"});
  table.unlock("b", b);
  CHECK(table.lock_all({"b", "c"}, {.id = "i"}) == Verdict::spent);
  CHECK(table.cancel("c", "held") == Verdict::cancelled);
  table.grant_all({"b", "d"}, {.id = "held"});
  CHECK(table.cancel("d", "held") == Verdict::yours);
}

TEST_CASE("an id that still holds of several names is not spent by a CANCEL of one that is gone") {
  TableDriver table;
  Token token = table.grant_all({"a", "b"}, {.id = "i"});
  CHECK(table.break_hold("b", token) == Verdict::done);

  CHECK(table.cancel("b", "i") == Verdict::cancelled);

  CHECK(table.cancel("a", "i") == Verdict::yours);
  CHECK(table.lock_all({"a", "b"}, {.id = "i"}) == Verdict::not_held);
  table.unlock("a", token);
  CHECK(table.lock_all({"a", "b"}, {.id = "i"}) == Verdict::spent);
}

TEST_CASE("who waits for several names and is passed over holds back nobody") {
  TableDriver table;
  Token a = table.grant("a");
  ClaimNumber wait = table.wait_all({"a", "b"}, {.id = "i"});
  table.wait("b");
  CHECK(table.table().waiter_count() == 3);

  table.unclaim(wait);
  CHECK(table.changes() == Changes{"unclaimed a", "granted b 2"});
  table.unlock("a", a);
  CHECK(table.wait_all({"a", "b"}, {.id = "i"}) != ClaimNumber{});
  table.unlock("b", Token{2});

  CHECK(table.changes() == Changes{"unlocked b 2", "granted a 3"});
}

TEST_CASE("a BREAK takes one name of several") {
  TableDriver table;
  Token token = table.grant_all({"a", "b"}, {.delay_ms = 9});

  CHECK(table.break_hold("a", token) == Verdict::done);

  CHECK(table.changes() == Changes{"broken a 1", "delayed a 9"});
  CHECK(table.holds("b", token));
}

TEST_CASE("a session that ends gives its names back one by one, in their order") {
  TableDriver table;
  SessionId session = table.open("s");
  table.grant_all({"b", "a"}, {.session = session});
  table.wait("a");
  table.wait_all({"a", "b"});

  CHECK(table.close(session) == Verdict::closed);

  CHECK(table.released() == 2);
  CHECK(table.changes() ==
        Changes{"ended s1 holding 2", "closed b 1", "closed a 1", "granted a 2", "swept s1"});
}

TEST_CASE("a wait for several names takes as many of what one sweep may end") {
  TableDriver table;
  SessionId session = table.open("s", false);
  table.grant("a");
  for (int at = 0; at < 300; ++at) table.wait_all({"a", "b", "c", "d"}, {.session = session});
  CHECK(table.table().waiter_count() == 1'200);

  table.close(session);

  CHECK(table.changes().back() == "swept s1, more");
  CHECK(table.table().waiter_count() == 200);
}

// A session that left more waits than one sweep ends. The last is for a and b.
SessionId end_a_session_of_many_waits(TableDriver& table) {
  SessionId session = table.open("many", false);
  table.grant("held");
  for (std::size_t at = 0; at < sweep_locks; ++at) table.wait("held", {.session = session});
  table.wait_all({"a", "b"}, {.session = session});
  return session;
}

TEST_CASE("who waits behind a dead wait for several names is granted, whichever name is seen") {
  TableDriver table;
  table.grant("a");
  SessionId session = end_a_session_of_many_waits(table);
  table.wait("b");
  table.close(session);
  CHECK(table.changes().back() == "swept s1, more");

  CHECK(table.lock("a") == Verdict::busy);

  CHECK(table.changes() == Changes{"cancelled a", "granted b 3"});
}

}  // namespace
}  // namespace pawl::locks

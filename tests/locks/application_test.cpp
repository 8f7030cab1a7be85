// SPDX-License-Identifier: Apache-2.0
//
// What a primary decides about leases and waits, and what becomes of them: expiry, claims.
#include "locks/application.hpp"

#include <catch2/catch.hpp>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

constexpr Epoch other_epochs[] = {Epoch{0}, Epoch{4}, Epoch{6}};

Stage stage_of(const TableDriver& table, ClaimNumber wait) {
  return table.table().acquisition(table.table().find_wait(wait)).stage;
}

TEST_CASE("a lease ends by the record that says so, and the next waiter is granted") {
  TableDriver table;
  Token token = table.grant("jobs");
  table.wait("jobs");

  table.expire("jobs", token);

  CHECK(table.changes() == Changes{"expired jobs 1", "granted jobs 2"});
  CHECK_FALSE(table.holds("jobs", token));
}

TEST_CASE("an expiry decided in another epoch does nothing") {
  TableDriver table;
  table.epoch = Epoch{5};
  HoldName hold{"jobs", table.grant("jobs")};

  for (Epoch other : other_epochs) {
    table.apply(record::ExpireLeases{other, {&hold, 1}});
    CHECK_FALSE(table.has_changes());
  }
  CHECK(table.holds("jobs", hold.token));
  table.apply(record::ExpireLeases{Epoch{5}, {&hold, 1}});
  CHECK_FALSE(table.holds("jobs", hold.token));
}

TEST_CASE("an expiry never means the next holder") {
  TableDriver table;
  Token lapsed = table.grant("jobs");
  table.unlock("jobs", lapsed);
  Token next = table.grant("jobs");

  table.expire("jobs", lapsed);

  CHECK_FALSE(table.has_changes());
  CHECK(table.holds("jobs", next));
}

TEST_CASE("an expiry of leases leaves a session's lock alone") {
  TableDriver table;
  SessionId session = table.open("s");
  Token token = table.grant("jobs", {.session = session});

  table.expire("jobs", token);

  CHECK(table.holds("jobs", token));
}

TEST_CASE("one record expires many leases, in its order") {
  TableDriver table;
  HoldName holds[] = {{"b", table.grant("b")}, {"a", table.grant("a")}, {"c", Token{99}}};

  table.apply(record::ExpireLeases{table.epoch, holds});

  CHECK(table.changes() == Changes{"expired b 1", "expired a 2"});
  CHECK(table.table().lock_count() == 0);
}

TEST_CASE("a wait that timed out is never granted") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber first = table.wait("jobs");
  table.wait("jobs");

  table.end_wait(first);
  CHECK(table.changes() == Changes{"timeout jobs"});

  table.unlock("jobs", holder);
  CHECK(table.changes() == Changes{"unlocked jobs 1", "granted jobs 2"});
  CHECK(table.queue_of("jobs").empty());
}

TEST_CASE("a wait ends for the reason decided") {
  TableDriver table;
  table.grant("jobs");

  table.end_wait(table.wait("jobs"), WaitEnd::disconnected);
  CHECK(table.changes() == Changes{"disconnected jobs"});
  table.end_wait(table.wait("jobs", {.id = "i"}), WaitEnd::unclaimed);
  CHECK(table.changes() == Changes{"unclaimed too long jobs"});
}

TEST_CASE("a decision about a wait is void once it was claimed anew") {
  TableDriver table;
  table.grant("jobs");
  ClaimNumber before = table.wait("jobs", {.id = "i"});
  ClaimNumber now = table.wait("jobs", {.id = "i"});

  table.end_wait(before);
  CHECK_FALSE(table.has_changes());
  table.unclaim(before);
  CHECK_FALSE(table.has_changes());

  CHECK(table.queue_of("jobs") == Queue{now});
  CHECK(stage_of(table, now) == Stage::waiting);
  table.end_wait(now);
  CHECK(table.queue_of("jobs").empty());
}

TEST_CASE("a decision about a wait is void once it was granted") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber wait = table.wait("jobs");
  table.unlock("jobs", holder);

  table.end_wait(wait);
  table.unclaim(wait);

  CHECK_FALSE(table.has_changes());
  CHECK(table.holder_of("jobs") == Token{2});
}

TEST_CASE("a decision about a wait made in another epoch does nothing") {
  TableDriver table;
  table.epoch = Epoch{5};
  table.grant("jobs");
  ClaimNumber wait = table.wait("jobs", {.id = "i"});

  for (Epoch other : other_epochs) {
    table.apply(record::EndWaits{other, WaitEnd::timeout, {&wait, 1}});
    CHECK_FALSE(table.has_changes());
    table.apply(record::Unclaim{other, {&wait, 1}});
    CHECK_FALSE(table.has_changes());
  }
  CHECK(stage_of(table, wait) == Stage::waiting);
}

TEST_CASE("an unclaimed wait is passed over and keeps its place") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber absent = table.wait("jobs", {.id = "absent"});
  ClaimNumber present = table.wait("jobs");

  table.unclaim(absent);
  CHECK(table.changes() == Changes{"unclaimed jobs"});
  CHECK(table.queue_of("jobs") == Queue{absent, present});

  table.unlock("jobs", holder);
  CHECK(table.changes() == Changes{"unlocked jobs 1", "granted jobs 2"});
  CHECK(table.queue_of("jobs") == Queue{absent});
  CHECK(stage_of(table, absent) == Stage::unclaimed);
}

TEST_CASE("the same LOCK claims an unclaimed wait, in its old place") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber absent = table.wait("jobs", {.id = "absent"});
  ClaimNumber behind = table.wait("jobs");
  table.unclaim(absent);

  ClaimNumber claimed = table.wait("jobs", {.id = "absent"});
  CHECK(table.queue_of("jobs") == Queue{claimed, behind});

  table.unlock("jobs", holder);
  CHECK(table.queue_of("jobs") == Queue{behind});
}

TEST_CASE("claiming a wait for a lock that became free grants it at once") {
  TableDriver table;
  Token holder = table.grant("jobs");
  table.unclaim(table.wait("jobs", {.id = "absent"}));
  table.unlock("jobs", holder);
  CHECK(table.holder_of("jobs") == Token{});

  CHECK(table.lock("jobs", {.id = "absent", .wait = true}) == Verdict::granted);

  CHECK(table.changes() == Changes{"claimed jobs", "granted jobs 2"});
}

TEST_CASE("a lock with unclaimed waits only is free for others, who pass them over") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber absent = table.wait("jobs", {.id = "absent"});
  table.unclaim(absent);
  table.unlock("jobs", holder);
  CHECK(table.table().may_be_free("jobs", Mode::exclusive));

  CHECK(table.lock("jobs") == Verdict::granted);

  CHECK(table.queue_of("jobs") == Queue{absent});
}

}  // namespace
}  // namespace pawl::locks

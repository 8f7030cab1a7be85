// SPDX-License-Identifier: Apache-2.0
//
// What a new epoch does to waits, holds, sessions and tokens.
#include <catch2/catch.hpp>

#include "locks/application.hpp"
#include "table_driver.hpp"

namespace pawl::locks {
namespace {

Stage stage_of(const TableDriver& table, ClaimNumber wait) {
  return table.table().acquisition(table.table().find_wait(wait)).stage;
}

TEST_CASE("a new epoch makes waits unclaimed and ends those without id") {
  TableDriver table;
  Token holder = table.grant("jobs");
  ClaimNumber named = table.wait("jobs", {.id = "i"});
  table.wait("jobs");

  table.start_epoch();

  CHECK(table.holds("jobs", holder));
  CHECK(table.queue_of("jobs") == Queue{named});
  CHECK(stage_of(table, named) == Stage::unclaimed);
  Changes changes = table.changes();
  std::sort(changes.begin(), changes.end());
  CHECK(changes == Changes{"epoch ended jobs", "unclaimed jobs"});
}

TEST_CASE("a new epoch grants nothing and leaves no entry of a lock that nobody is left at") {
  TableDriver table;
  Token holder = table.grant("jobs");
  table.unclaim(table.wait("jobs", {.id = "i"}));
  table.wait("jobs");
  table.unlock("jobs", holder);
  Token taken = table.grant("other");
  table.wait("other");

  table.start_epoch();

  CHECK(table.table().last_granted() == taken);
  CHECK(table.holder_of("jobs") == Token{2});
}

TEST_CASE("a wait is claimed anew in the new epoch, in its old place") {
  TableDriver table;
  Token holder = table.grant("jobs");
  table.wait("jobs", {.id = "first"});
  table.wait("jobs", {.id = "second"});
  table.start_epoch();

  ClaimNumber second = table.wait("jobs", {.id = "second"});
  ClaimNumber first = table.wait("jobs", {.id = "first"});

  CHECK(table.queue_of("jobs") == Queue{first, second});
  table.unlock("jobs", holder);
  CHECK(table.queue_of("jobs") == Queue{second});
}

TEST_CASE("a new epoch grants no token at or below its floor, and a low floor takes nothing back") {
  TableDriver table;
  table.grant("a");

  table.start_epoch(Token{1'000});
  CHECK(table.grant("b") == Token{1'001});

  table.start_epoch(Token{5});
  CHECK(table.grant("c") == Token{1'002});
}

TEST_CASE("holds and sessions outlive an epoch") {
  TableDriver table;
  SessionId session = table.open("s");
  Token own = table.grant("own", {.session = session});
  Token leased = table.grant("leased");

  table.start_epoch();

  CHECK(table.holds("own", own));
  CHECK(table.holds("leased", leased));
  CHECK(table.table().find_session(session) != no_slot);
}

}  // namespace
}  // namespace pawl::locks

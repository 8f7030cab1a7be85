// SPDX-License-Identifier: Apache-2.0
//
// kill -9 at a random moment under load. The page cache survives it: what it proves is the order of
// writing and answering, and recovery; power_cut_test.cpp proves the flushes.
#include <algorithm>
#include <catch2/catch.hpp>

#include "durability/cycles.hpp"

namespace pawl::testing {
namespace {

TEST_CASE("what was answered is still true after kill -9") {
  // Its flushes take their time: many a request is killed between its write and its answer.
  const Guard guard = GENERATE(Guard::none, Guard::tls_and_users);
  const Outcome outcome =
      run({.disk = Disk::forgetful, .guard = guard, .cycles = cycles_wanted() / 2});

  REQUIRE(outcome.wrong == "");
  CHECK(outcome.tally.survived > outcome.cycles);
  CHECK(outcome.tally.still_released > outcome.cycles);
  // Each kind of request that was cut off came up both ways, or the crash never met one.
  if (outcome.cycles < 100) return;
  CHECK(outcome.tally.unknown_made > 0);
  CHECK(outcome.tally.unknown_not_made > 0);
  CHECK(outcome.tally.unlocks_made > 0);
  CHECK(outcome.tally.unlocks_not_made > 0);
}

TEST_CASE("tokens never fall over kill -9, whatever the durability") {
  for (const char* durability : {"relaxed", "none"}) {
    const Outcome outcome =
        run({.durability = durability, .cycles = std::min(30U, cycles_wanted())});

    CHECK(outcome.wrong == "");
    CHECK(outcome.tally.grants > outcome.cycles);
  }
}

}  // namespace
}  // namespace pawl::testing

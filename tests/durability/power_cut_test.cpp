// SPDX-License-Identifier: Apache-2.0
//
// The power is cut at a random moment under load: the shim forgets what was not flushed, but for a
// random part of its sectors. A disk that lies about its flushes must be found out.
#include <algorithm>
#include <catch2/catch.hpp>

#include "durability/cycles.hpp"

namespace pawl::testing {
namespace {

TEST_CASE("what was answered is still true after a power cut") {
  const Guard guard = GENERATE(Guard::none, Guard::tls_and_users);
  const Outcome outcome = run({.crash = Crash::power_cut,
                               .disk = Disk::forgetful,
                               .guard = guard,
                               .cycles = cycles_wanted() / 2});

  REQUIRE(outcome.wrong == "");
  CHECK(outcome.tally.survived > outcome.cycles);
  CHECK(outcome.tally.still_released > outcome.cycles);
  if (outcome.cycles < 100) return;
  CHECK(outcome.tally.unknown_made > 0);
  CHECK(outcome.tally.unknown_not_made > 0);
  CHECK(outcome.tally.unlocks_made > 0);
  CHECK(outcome.tally.unlocks_not_made > 0);
}

TEST_CASE("without flushes a power cut loses what was answered, and the checker sees it") {
  const Outcome outcome =
      run({.crash = Crash::power_cut, .disk = Disk::lying, .cycles = cycles_wanted()});

  INFO(outcome.wrong);
  CHECK(outcome.cycles < cycles_wanted());
  const bool found = outcome.wrong.starts_with("an acknowledged grant is lost") ||
                     outcome.wrong.find("'s session was answered") != std::string::npos ||
                     outcome.wrong.find("falls, ") != std::string::npos;  // a token
  CHECK(found);
}

TEST_CASE("tokens never fall over power cuts, whatever the durability") {
  for (const char* durability : {"relaxed", "none"}) {
    const Outcome outcome = run({.crash = Crash::power_cut,
                                 .disk = Disk::forgetful,
                                 .durability = durability,
                                 .cycles = std::min(30U, cycles_wanted())});

    CHECK(outcome.wrong == "");
    CHECK(outcome.tally.grants > outcome.cycles);
  }
}

}  // namespace
}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "options.hpp"
#include "simulator.hpp"

namespace {

using pawl::simulation::Result;
using pawl::simulation::simulate;
using pawl::simulation::simulate_with_disk;

// Sanitized it is ten times slower; PAWL_SIMULATION_SEEDS asks for more.
std::uint64_t seeds_wanted() {
  if (const char* wanted = std::getenv("PAWL_SIMULATION_SEEDS")) {
    return std::strtoull(wanted, nullptr, 10);
  }
#ifdef __SANITIZE_ADDRESS__
  return 20;
#else
  return 200;
#endif
}

void check(std::uint64_t seed, const Result& result, const char* how) {
  if (!result.violation) return;
  FAIL_CHECK(result.violation->law << "\n  " << result.violation->text << '\n'
                                   << to_text(result.options)
                                   << "\nTo see it again: ./dev simulate " << how << seed);
}

void check(std::uint64_t seed, bool on_disk) {
  if (on_disk) return check(seed, simulate_with_disk(seed), "--disk --seed ");
  check(seed, simulate(seed), "--seed ");
}

}  // namespace

TEST_CASE("no law is broken under seeds nobody has chosen") {
  constexpr std::uint64_t first = 10'000;
  for (std::uint64_t seed = first; seed < first + seeds_wanted(); ++seed) check(seed, false);
}

TEST_CASE("no law is broken over crashes, power cuts and what else a disk may do") {
  constexpr std::uint64_t first = 20'000;
  std::uint64_t starts = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = first; seed < first + seeds_wanted(); ++seed) {
    Result result = simulate_with_disk(seed);
    starts += result.starts;
    refused += result.refused_start ? 1 : 0;
    check(seed, result, "--disk --seed ");
  }
  CHECK(starts > 3 * seeds_wanted());
  CHECK(refused > 0);
}

TEST_CASE("what a seed once found stays found") {
  std::ifstream file{PAWL_SEEDS};
  std::string line;
  int kept = 0;
  while (std::getline(file, line)) {
    std::uint64_t seed = 0;
    bool on_disk = line.starts_with("disk ");
    if (on_disk) line.erase(0, 5);
    if (line.starts_with('#') || !(std::istringstream{line} >> seed)) continue;
    ++kept;
    check(seed, on_disk);
  }
  CHECK(kept > 0);
}

TEST_CASE("one seed is one history, two seeds are two") {
  Result once = simulate(7);
  Result again = simulate(7);
  CHECK(once.hash == again.hash);
  CHECK(once.events == again.events);
  CHECK(once.operations == again.operations);
  CHECK(once.hash != simulate(8).hash);
  CHECK(simulate_with_disk(7).hash == simulate_with_disk(7).hash);
}

TEST_CASE("the clients do hold, lose and wait for locks") {
  std::uint64_t grants = 0;
  std::uint64_t operations = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Result result = simulate(seed);
    grants += result.grants;
    operations += result.operations;
  }
  CHECK(grants > 500);
  CHECK(operations > 5'000);
}

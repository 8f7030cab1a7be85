// SPDX-License-Identifier: Apache-2.0
//
// A simulation that catches no bug proves nothing: each seeded one must be caught, soon.
#include "mutants.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <optional>

#include "simulator.hpp"

namespace {

using namespace pawl;
using simulation::NamedMutant;
using simulation::Result;
using simulation::simulate;
using simulation::simulate_with_disk;

constexpr std::uint64_t first = 1;
constexpr std::uint64_t budget = 200;  // seeds

// The seed that catches it, or none.
std::optional<std::uint64_t> hunt(const NamedMutant& named, Result (*run)(std::uint64_t)) {
  chosen_mutant = named.mutant;
  std::optional<std::uint64_t> caught;
  for (std::uint64_t seed = first; seed < first + budget && !caught; ++seed) {
    Result result = run(seed);
    if (!result.violation) continue;
    caught = seed;
    std::cout << named.name << ": seed " << seed << ", " << result.violation->law << '\n';
  }
  chosen_mutant = Mutant::none;
  return caught;
}

template <class Mutants>
void hunt_all(const Mutants& mutants, Result (*run)(std::uint64_t)) {
  std::uint64_t last = 0;
  for (const NamedMutant& named : mutants) {
    INFO(named.name);
    std::optional<std::uint64_t> seed = hunt(named, run);
    CHECK(seed);
    last = std::max(last, seed.value_or(0));
  }
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    INFO("seed " << seed);
    CHECK_FALSE(run(seed).violation);
  }
}

}  // namespace

TEST_CASE("every seeded bug is caught, by a seed that the core without it passes") {
  hunt_all(simulation::mutants, simulate);
}

TEST_CASE("every seeded bug of the disk is caught, by a seed that passes without it") {
  hunt_all(simulation::disk_mutants, simulate_with_disk);
}

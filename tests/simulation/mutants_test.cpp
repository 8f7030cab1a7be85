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
using simulation::simulate;

constexpr std::uint64_t first = 1;
constexpr std::uint64_t budget = 200;  // seeds

// The seed that catches it, or none.
std::optional<std::uint64_t> hunt(const NamedMutant& named) {
  chosen_mutant = named.mutant;
  std::optional<std::uint64_t> caught;
  for (std::uint64_t seed = first; seed < first + budget && !caught; ++seed) {
    simulation::Result result = simulate(seed);
    if (!result.violation) continue;
    caught = seed;
    std::cout << named.name << ": seed " << seed << ", " << result.violation->law << '\n';
  }
  chosen_mutant = Mutant::none;
  return caught;
}

}  // namespace

TEST_CASE("every seeded bug is caught, by a seed that the core without it passes") {
  std::uint64_t last = 0;
  for (const NamedMutant& named : simulation::mutants) {
    INFO(named.name);
    std::optional<std::uint64_t> seed = hunt(named);
    CHECK(seed);
    last = std::max(last, seed.value_or(0));
  }
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    INFO("seed " << seed);
    CHECK_FALSE(simulate(seed).violation);
  }
}

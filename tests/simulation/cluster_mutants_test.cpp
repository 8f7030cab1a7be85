// SPDX-License-Identifier: Apache-2.0
//
// Each seeded bug of a cluster must be caught, soon, and by the law that it breaks.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <optional>

#include "mutants.hpp"
#include "simulation/cluster/cluster.hpp"

namespace {

using namespace pawl;
using simulation::ClusterMutant;
using simulation::Result;
using simulation::simulate_cluster;

constexpr std::uint64_t first = 1;
constexpr std::uint64_t budget = 400;  // seeds
constexpr std::uint64_t rare_budget = 2'000;

// The first seed by which the law that it breaks catches it, or none.
std::optional<std::uint64_t> hunt(const ClusterMutant& named, std::uint64_t seeds) {
  chosen_mutant = named.mutant;
  std::optional<std::uint64_t> caught;
  for (std::uint64_t seed = first; seed < first + seeds && !caught; ++seed) {
    Result result = simulate_cluster(seed);
    if (result.violation && result.violation->law == named.law) caught = seed;
  }
  chosen_mutant = Mutant::none;
  std::cout << named.name << ": seed " << caught.value_or(0) << ", " << named.law << '\n';
  return caught;
}

void check_passes(std::uint64_t seed) {
  INFO("seed " << seed << " without a seeded bug");
  Result result = simulate_cluster(seed);
  CHECK((result.violation ? result.violation->law : std::string{}).empty());
}

template <class Mutants>
void hunt_all(const Mutants& mutants) {
  std::uint64_t last = 0;
  for (const ClusterMutant& named : mutants) {
    INFO(named.name << " must break: " << named.law);
    std::optional<std::uint64_t> seed = hunt(named, budget);
    CHECK(seed);
    last = std::max(last, seed.value_or(0));
  }
  for (std::uint64_t seed = first; seed <= last; ++seed) check_passes(seed);
}

}  // namespace

TEST_CASE("every seeded bug of elections and logs is caught by the law that it breaks") {
  hunt_all(simulation::election_mutants);
}

TEST_CASE("every seeded bug of a reign is caught by the law that it breaks") {
  hunt_all(simulation::reign_mutants);
}

TEST_CASE("every seeded bug of the table is caught in a cluster too, by the law that it breaks") {
  hunt_all(simulation::table_mutants);
}

TEST_CASE("every seeded bug of what LOCK may ask for is caught by the law that it breaks") {
  hunt_all(simulation::kind_mutants);
}

TEST_CASE("seeded bugs that need a rare chance are caught by the law that they break") {
  for (const ClusterMutant& named : simulation::rare_mutants) {
    INFO(named.name << " must break: " << named.law);
    std::optional<std::uint64_t> seed = hunt(named, rare_budget);
    REQUIRE(seed);
    check_passes(*seed);
  }
}

// SPDX-License-Identifier: Apache-2.0
//
// Seeds that catch no bug prove nothing: each seeded one must be caught, and by a seed that the
// core without it passes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <optional>

#include "cluster.hpp"
#include "group.hpp"
#include "mutants.hpp"
#include "simulation/broken_law.hpp"

namespace pawl::replication {
namespace {

constexpr std::uint64_t budget = 5'000;  // seeds

std::optional<std::string> broken_by(std::uint64_t seed, Mutant mutant) {
  chosen_mutant = mutant;
  std::optional<std::string> broken;
  try {
    static_cast<void>(Cluster{seed}.run());
  } catch (const BrokenPromise& promise) {
    broken = promise.text;
  } catch (const simulation::BrokenLaw& law) {
    broken = law.text;
  }
  chosen_mutant = Mutant::none;
  return broken;
}

TEST_CASE("every seeded bug of the primary-backup log is caught, by a seed that passes without") {
  for (const auto& [name, mutant] : mutants) {
    INFO(name);
    std::optional<std::string> caught;
    std::uint64_t seed = 0;
    while (!caught && seed < budget) caught = broken_by(++seed, mutant);
    REQUIRE(caught);
    std::cout << name << ": seed " << seed << ", " << *caught << '\n';
    CHECK_FALSE(broken_by(seed, Mutant::none));
  }
}

// Whether the primary stays while one node does not hear it.
bool stays_primary(Mutant mutant) {
  chosen_mutant = mutant;
  Group group;
  group.elect('a');
  group.cut('a', 'c');
  group.pass(std::chrono::seconds{5});
  chosen_mutant = Mutant::none;
  return group['a'].role() == Role::primary && group['a'].epoch() == Epoch{1};
}

TEST_CASE("voters that cling to nobody let one that hears nothing depose the primary") {
  CHECK(stays_primary(Mutant::none));
  CHECK_FALSE(stays_primary(Mutant::clings_to_nobody));
}

}  // namespace
}  // namespace pawl::replication

// SPDX-License-Identifier: Apache-2.0
//
// A million random records against the naive table: few names, sessions and ids, so that collisions
// are constant. PAWL_MODEL_SEED runs one seed, PAWL_MODEL_OPERATIONS says how far.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "random_records.hpp"
#include "real_and_naive.hpp"

#ifndef PAWL_MODEL_OPERATIONS
#define PAWL_MODEL_OPERATIONS 1'000'000
#endif

namespace pawl::locks {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

// Empty if the two tables agreed to the end.
std::string run(std::uint64_t seed, std::uint64_t operations) {
  RealAndNaive both{seed};
  RandomRecords records{seed, both.naive()};
  std::string difference;
  std::uint64_t step = 0;
  while (difference.empty() && step < operations) {
    ++step;
    RandomRecords::Next next = records.next(static_cast<std::int64_t>(step));
    difference = both.apply(next.epoch, next.record);
    if (difference.empty() && step % 1'000 == 0) difference = both.compare_state();
  }
  if (difference.empty()) difference = both.compare_state();
  // The random records reach everything, or they prove nothing.
  if (difference.empty() && operations >= 100'000) {
    CHECK(both.kinds_told() == 17 + 50);
  }
  if (difference.empty()) return {};
  return "step " + std::to_string(step) + ": " + difference +
         "\nreplay: PAWL_MODEL_SEED=" + std::to_string(seed) +
         " PAWL_MODEL_OPERATIONS=" + std::to_string(step) + " locks_tests '*naive*'";
}

TEST_CASE("the lock table and the naive one agree on every answer, every change and all state") {
  std::uint64_t operations = from_environment("PAWL_MODEL_OPERATIONS", PAWL_MODEL_OPERATIONS);
  if (std::uint64_t seed = from_environment("PAWL_MODEL_SEED", 0); seed != 0) {
    CHECK(run(seed, operations) == "");
    return;
  }
  constexpr std::uint64_t of_one_seed = 250'000;
  for (std::uint64_t seed = 1; operations > 0; ++seed) {
    std::uint64_t now = std::min(operations, of_one_seed);
    CHECK(run(seed, now) == "");
    operations -= now;
  }
}

}  // namespace
}  // namespace pawl::locks

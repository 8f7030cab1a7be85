// SPDX-License-Identifier: Apache-2.0
#include "replication/quorum.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

namespace pawl::replication {
namespace {

template <std::size_t count>
int reached(std::array<int, count> values) {
  return reached_by_majority(std::span<int>{values});
}

TEST_CASE("a majority is more than half of the voters") {
  CHECK(majority_of(1) == 1);
  CHECK(majority_of(2) == 2);
  CHECK(majority_of(3) == 2);
  CHECK(majority_of(4) == 3);
  CHECK(majority_of(5) == 3);
}

TEST_CASE("one voter is its own majority") { CHECK(reached(std::array{7}) == 7); }

TEST_CASE("a pair has reached what both have") { CHECK(reached(std::array{3, 9}) == 3); }

TEST_CASE("of three, the slowest holds nobody back and the fastest takes nobody along") {
  CHECK(reached(std::array{9, 0, 4}) == 4);
  CHECK(reached(std::array{0, 0, 4}) == 0);
  CHECK(reached(std::array{4, 4, 0}) == 4);
}

TEST_CASE("a value is reached exactly if a majority is at or beyond it") {
  std::mt19937_64 random{5};
  for (int round = 0; round < 10'000; ++round) {
    std::vector<int> voters(1 + random() % 7);
    for (int& voter : voters) voter = static_cast<int>(random() % 10);
    std::vector<int> sorted = voters;

    int value = reached_by_majority(std::span<int>{sorted});

    auto at_or_beyond = [&](int least) {
      return static_cast<std::size_t>(
          std::count_if(voters.begin(), voters.end(), [&](int voter) { return voter >= least; }));
    };
    REQUIRE(2 * at_or_beyond(value) > voters.size());
    REQUIRE_FALSE(2 * at_or_beyond(value + 1) > voters.size());
  }
}

}  // namespace
}  // namespace pawl::replication

// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/histogram.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace pawl::cli::bench {

TEST_CASE("a percentile is never below the true one, and less than 1/128 above it") {
  const auto seed = GENERATE(1U, 2U, 3U);
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<unsigned> shift(0, 63);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(random() >> shift(random));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());

  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * 20'000));
    const std::uint64_t exact = values[rank - 1];
    const std::uint64_t told = histogram.percentile(share);
    INFO("seed " << seed << ", share " << share);
    CHECK(told >= exact);
    CHECK(told - exact <= exact / 128);
  }
  CHECK(histogram.max() == values.back());
  CHECK(histogram.count() == 20'000);
}

TEST_CASE("small values are kept as they are") {
  for (std::uint64_t value = 0; value < 256; ++value) {
    Histogram histogram;
    histogram.add(value);
    histogram.add(1'000);
    CHECK(histogram.percentile(0.5) == value);
  }
}

TEST_CASE("the greatest value there is has a bucket too") {
  constexpr std::uint64_t greatest = std::numeric_limits<std::uint64_t>::max();
  Histogram histogram;
  histogram.add(greatest);
  CHECK(histogram.percentile(0.5) == greatest);
  CHECK(histogram.max() == greatest);
}

TEST_CASE("no percentile is above the maximum, none of nothing is above 0") {
  Histogram histogram;
  CHECK(histogram.percentile(0.99) == 0);
  histogram.add(1'000'001);
  CHECK(histogram.percentile(0.5) == 1'000'001);
  CHECK(histogram.percentile(1) == 1'000'001);
}

}  // namespace pawl::cli::bench

// SPDX-License-Identifier: Apache-2.0
#include "base/histogram.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace pawl {

using namespace std::chrono_literals;

TEST_CASE("a span counts at the first bound that is not below it") {
  Histogram histogram(100us);
  const auto place_of = [&](Span span) {
    const auto before = histogram.counts();
    histogram.add(span);
    for (std::size_t at = 0; at < before.size(); ++at) {
      if (histogram.counts()[at] != before[at]) return at;
    }
    return before.size();
  };
  CHECK(place_of(0ns) == 0);
  CHECK(place_of(-1s) == 0);
  for (std::size_t at = 0; at < Histogram::bounds; ++at) {
    CHECK(place_of(histogram.bound(at)) == at);
    CHECK(place_of(histogram.bound(at) + 1ns) == at + 1);
  }
  CHECK(place_of(10'000h) == Histogram::bounds);
}

TEST_CASE("the bounds double from the first one, and the sum is kept") {
  Histogram histogram(1ms);
  CHECK(histogram.bound(0) == 1ms);
  CHECK(histogram.bound(10) == 1'024ms);
  histogram.add(3ms);
  histogram.add(4s);
  CHECK(histogram.sum() == 4'003ms);
}

}  // namespace pawl

// SPDX-License-Identifier: Apache-2.0
#include "load/histogram.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace pawl::bench;
using namespace std::chrono_literals;

}  // namespace

TEST_CASE("a quantile is never below the truth, and at most a sixty-fourth above") {
  const auto unit = GENERATE(Span(1ns), Span(1us), Span(37us), Span(1ms), Span(1s));
  Histogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.add(i * unit);

  for (const int percent : {1, 25, 50, 90, 99}) {
    const Span truth = (percent * 10 + 1) * unit;
    const Span told = histogram.quantile(percent / 100.0);
    CHECK(told >= truth);
    CHECK(told <= truth + truth / 64 + 1ns);
  }
  CHECK(histogram.quantile(1) == 1'000 * unit);
  CHECK(histogram.greatest() == 1'000 * unit);
  CHECK(histogram.mean() == 1'001 * unit / 2);
}

TEST_CASE("an empty histogram tells zero") {
  const Histogram histogram;

  CHECK(histogram.quantile(0.5) == Span::zero());
  CHECK(histogram.mean() == Span::zero());
}

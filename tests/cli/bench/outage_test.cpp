// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/outage.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::bench {

using namespace std::chrono_literals;

TEST_CASE("the longest time without a success is found, and when it began") {
  Outage outage;
  outage.begin(Time{} + 10s);
  for (const auto at : {10'100ms, 10'150ms, 10'900ms, 11'000ms}) outage.success(Time{} + at);
  outage.end(Time{} + 11'200ms);
  CHECK(outage.longest() == 750ms);
  CHECK(outage.since() == 150ms);
}

TEST_CASE("an outage that has not ended at the end of the run counts") {
  Outage outage;
  outage.begin(Time{});
  outage.success(Time{} + 100ms);
  outage.end(Time{} + 900ms);
  outage.success(Time{} + 5s);
  CHECK(outage.longest() == 800ms);
  CHECK(outage.since() == 100ms);
}

TEST_CASE("a run without any success is one outage") {
  Outage outage;
  outage.begin(Time{} + 1s);
  outage.end(Time{} + 3s);
  CHECK(outage.longest() == 2s);
  CHECK(outage.since() == 0s);
}

}  // namespace pawl::cli::bench

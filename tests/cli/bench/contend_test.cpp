// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/contend.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::bench {

TEST_CASE("fairness is 1 where all are served alike, and 1/n where one is served alone") {
  CHECK(fairness_of({7, 7, 7, 7}) == Approx(1));
  CHECK(fairness_of({9, 0, 0, 0}) == Approx(0.25));
  CHECK(fairness_of({1, 3}) == Approx(0.8));
  CHECK(fairness_of({0, 0}) == Approx(1));
}

}  // namespace pawl::cli::bench

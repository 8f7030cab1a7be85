// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/progress.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::bench {

using namespace std::chrono_literals;

TEST_CASE("the progress line says how long, how many, how fast, how late and what failed") {
  Tally tally;
  const std::size_t pair = tally.add_operation("pair");
  for (int i = 0; i < 1'500; ++i) tally.success(pair, 200us);
  tally.error("BUSY");
  CHECK(progress_text(3'900ms, 512.4, tally) ==
        "3s  1,500 operations  512/s  p99 200us  errors: 1");
}

}  // namespace pawl::cli::bench

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
  CHECK(progress_text({Phase::working, 3'900ms, 16}, {10s, 16}, 512.4, tally) ==
        "3s of 10s  1,500 operations  512/s  p99 200us  errors: 1");
}

TEST_CASE("before and after what is measured, the progress line says what is waited for") {
  const Tally tally;
  CHECK(progress_text({Phase::connecting, 1s, 512}, {10s, 4'096}, 0, tally) ==
        "connecting: 512 of 4,096");
  CHECK(progress_text({Phase::ending, 1s, 71'024}, {10s, 16}, 0, tally) ==
        "giving back: 71,024 locks are left");
}

}  // namespace pawl::cli::bench

// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/tally.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::bench {

using namespace std::chrono_literals;

TEST_CASE("parts of an operation are not counted as operations") {
  Tally tally;
  const std::size_t pair = tally.add_operation("pair");
  const std::size_t lock = tally.add_part("lock");
  tally.success(pair, 3us);
  tally.success(lock, 1us);
  tally.success(lock, 2us);
  CHECK(tally.operations() == 1);
  CHECK(tally.measures()[lock].latency.count() == 2);
  CHECK(tally.measures()[pair].latency.max() == 3'000);
}

TEST_CASE("errors are counted by their code") {
  Tally tally;
  tally.error("BUSY");
  tally.error("closed");
  tally.error("BUSY");
  CHECK(tally.errors() == Tally::Errors{{"BUSY", 2}, {"closed", 1}});
  CHECK(tally.error_count() == 3);
}

TEST_CASE("once closed, nothing is counted any more") {
  Tally tally;
  const std::size_t pair = tally.add_operation("pair");
  tally.close();
  tally.success(pair, 1us);
  tally.error("BUSY");
  CHECK(tally.operations() == 0);
  CHECK(tally.error_count() == 0);
}

}  // namespace pawl::cli::bench

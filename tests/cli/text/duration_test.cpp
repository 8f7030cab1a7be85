// SPDX-License-Identifier: Apache-2.0
#include "cli/text/duration.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace pawl::cli {

TEST_CASE("a span has the two units that matter, and no zero behind the first") {
  CHECK(duration_text(0ms) == "0ms");
  CHECK(duration_text(850ms) == "850ms");
  CHECK(duration_text(1s) == "1s");
  CHECK(duration_text(1200ms) == "1.2s");
  CHECK(duration_text(28'800ms) == "28.8s");
  CHECK(duration_text(3min) == "3m");
  CHECK(duration_text(3min + 12s) == "3m12s");
  CHECK(duration_text(2h) == "2h");
  CHECK(duration_text(2h + 5min + 59s) == "2h5m");
  CHECK(duration_text(24h) == "1d");
  CHECK(duration_text(103h) == "4d7h");
}

TEST_CASE("a span is never shown as more than it is") {
  CHECK(duration_text(999ms) == "999ms");
  CHECK(duration_text(1'099ms) == "1s");
  CHECK(duration_text(59'999ms) == "59.9s");
  CHECK(duration_text(1h - 1ms) == "59m59s");
  CHECK(duration_text(24h - 1ms) == "23h59m");
}

TEST_CASE("a span that is over is zero, the longest one has a text") {
  CHECK(duration_text(-1ms) == "0ms");
  CHECK(duration_text(Milliseconds::max()) == "106751991167d7h");
}

}  // namespace pawl::cli

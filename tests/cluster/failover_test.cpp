// SPDX-License-Identifier: Apache-2.0
#include "cluster/failover.hpp"

#include <catch2/catch.hpp>
#include <iostream>

using namespace pawl::testing;
using namespace std::chrono_literals;

// The limits are loose, for a machine that does other things too; `failover` measures.
TEST_CASE("clients go on soon when the primary is killed, paused, cut off or hands over") {
  const FailoverReport report =
      run_failovers({.kills = 5, .stops = 5, .cuts = 8, .handovers = 5, .stop_for = 1s, .seed = 5});

  std::cout << report.table() << std::endl;
  REQUIRE(report.wrong == "");
  CHECK(report.kind("kill -9").percentile(1) < 1'500);
  CHECK(report.kind("pause").percentile(1) < 3'000);
  CHECK(report.kind("cut, both ways").percentile(1) < 3'000);
  CHECK(report.kind("cut, outgoing").percentile(1) < 3'000);
  CHECK(report.kind("cut, incoming").percentile(1) < 3'000);
  CHECK(report.kind("hand-over").percentile(1) < 1'000);
  CHECK(report.kind("hand-over").broken == 0);
}

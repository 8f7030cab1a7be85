// SPDX-License-Identifier: Apache-2.0
#include "cluster/crashes.hpp"

#include <catch2/catch.hpp>

namespace pawl::testing {

TEST_CASE("what a guarded cluster answered is still true after its nodes crashed") {
  const CrashReport report = run_crashes({.cycles = 10});

  INFO(report.text());
  CHECK(report.wrong == "");
  CHECK(report.grants > report.cycles);
}

}  // namespace pawl::testing

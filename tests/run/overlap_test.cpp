// SPDX-License-Identifier: Apache-2.0
//
// Many runs on one lock, one at a time.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>

#include "run/command.hpp"

using namespace pawl::testing;

TEST_CASE("a hundred runs on one lock never overlap, and their tokens rise") {
  const Daemon daemon;
  const TemporaryDirectory directory;
  std::vector<std::unique_ptr<Run>> runs;
  for (int i = 0; i < 100; ++i) {
    runs.push_back(std::make_unique<Run>(
        daemon.port(), Words{"-q", "L", "--", WITNESS_PROGRAM, directory.path("lock"),
                             directory.path("log"), "sleep", "0.01"}));
  }

  for (const auto& run : runs) CHECK(run->wait() == 0);

  const auto lines = lines_of(read_file(directory.path("log")));
  CHECK(lines.size() == 100);
  long before = 0;
  for (const std::string& line : lines) {
    REQUIRE_THAT(line, Catch::StartsWith("begin "));
    const long token = std::atol(line.c_str() + 6);
    CHECK(token > before);
    before = token;
  }
  CHECK(holders_of(daemon.port(), "L") == 0);
}

TEST_CASE("the witness sees an overlap where there is one") {
  const TemporaryDirectory directory;
  const Words witness{WITNESS_PROGRAM, directory.path("lock"), directory.path("log")};
  Process first(witness + Words{"/bin/sh", "-c", "(sleep 5 >/dev/null 2>&1 & echo deep)"});
  REQUIRE(first.read_line() == "deep");
  CHECK(first.wait() == 0);  // its grandchild lives on
  Process second(witness + Words{"true"});
  CHECK(second.wait() == 0);
  CHECK(read_file(directory.path("log")) == "begin 0\noverlap 0\n");
}

// SPDX-License-Identifier: Apache-2.0
//
// pawl elect: one leader at a time, and whoever was stopped stands again.
#include <signal.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "run/command.hpp"
#include "system/line_client.hpp"

namespace {

using namespace pawl::testing;
using Catch::Matchers::Contains;

// Says which reign began; says nothing more until it is stopped.
const std::string leads = "echo leads $PAWL_TOKEN; exec sleep 1000";

class Candidate : public Job {
 public:
  Candidate(std::uint16_t port, const Words& words)
      : Job(Words{PAWL_PROGRAM, "-s", "127.0.0.1:" + std::to_string(port), "elect"} + words) {}
};

}  // namespace

TEST_CASE("one candidate leads, and the next one when it is gone") {
  Daemon daemon;
  Candidate first(daemon.port(), Words{"L", "--"} + sh(leads));
  read_until(first, "leads 1");
  Candidate second(daemon.port(), Words{"L", "--note", "10.0.0.7:8080", "--"} + sh(leads));
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));

  first.signal(SIGTERM);

  CHECK(first.wait() == 128 + SIGTERM);
  CHECK(read_until(second, "leads") == "leads 2");
  CHECK_THAT(ask(daemon.port(), "SHOW L"), Contains("\"note\":\"10.0.0.7:8080\""));
}

TEST_CASE("who leads is named by host and process unless a note says more") {
  Daemon daemon;
  Candidate leader(daemon.port(), Words{"L", "--"} + sh(leads));
  read_until(leader, "leads 1");

  CHECK_THAT(ask(daemon.port(), "SHOW L"), Contains(" pid " + std::to_string(leader.pid()) + "\""));
}

TEST_CASE("a leader that loses the lock stops its command and stands again, behind who waits") {
  Daemon daemon;
  Candidate first(daemon.port(), Words{"--ttl", "1s", "L", "--"} + sh(leads));
  read_until(first, "leads 1");
  Candidate second(daemon.port(), Words{"--ttl", "1s", "L", "--"} + sh(leads));
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));

  REQUIRE(ask(daemon.port(), "BREAK L token=1 reason=test") == "OK");

  CHECK(read_until(second, "leads") == "leads 2");
  CHECK(read_until(first, "pawl: standing") == "pawl: standing for L again");
  REQUIRE(ask(daemon.port(), "BREAK L token=2 reason=test") == "OK");
  CHECK(read_until(first, "leads") == "leads 3");
}

TEST_CASE("the command's own end ends the election, with its code, and the lock is free") {
  Daemon daemon;
  Candidate candidate(daemon.port(), Words{"L", "--"} + sh("exit 7"));

  CHECK(candidate.wait() == 7);
  CHECK(holders_of(daemon.port(), "L") == 0);
}

TEST_CASE("a leader asked to end, whose lock is lost while it does, does not stand again") {
  Daemon daemon;
  const std::string slow =
      "trap 'echo asked; sleep 1; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
  Candidate leader(daemon.port(), Words{"--ttl", "10s", "L", "--"} + sh(slow));
  read_until(leader, "ready");

  leader.signal(SIGTERM);
  read_until(leader, "asked");
  REQUIRE(ask(daemon.port(), "BREAK L token=1 reason=test") == "OK");

  CHECK(leader.wait() == 76);
  CHECK(waiters_of(daemon.port(), "L") == 0);
}

TEST_CASE("a candidate that has led outlives servers that are away, before it tells that none is") {
  TemporaryDirectory data;
  const std::string directory = "data_dir=" + data.path();
  auto daemon = std::make_unique<Daemon>(Words{"--set", directory});
  const std::uint16_t port = daemon->port();
  Candidate candidate(port, Words{"--timeout", "100", "--ttl", "1s", "L", "--"} + sh(leads));
  read_until(candidate, "leads 1");

  daemon->process().terminate();
  read_until(candidate, "pawl: standing for L again");
  read_until(candidate, "pawl: no server answers");
  daemon = std::make_unique<Daemon>(
      Words{"--set", directory, "--set", "listen.client=127.0.0.1:" + std::to_string(port)});

  CHECK_THAT(read_until(candidate, "leads"), Contains("leads "));
  Candidate other(1, Words{"--timeout", "100", "L", "--"} + sh(leads));
  CHECK(other.wait() == 69);
}

// SPDX-License-Identifier: Apache-2.0
//
// pawl run with several locks: all of them or none, one token, and one that is lost ends it.
#include <signal.h>

#include <catch2/catch.hpp>

#include "cli/run/run_messages.hpp"
#include "run/command.hpp"
#include "system/line_client.hpp"

namespace {

using namespace pawl::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

}  // namespace

TEST_CASE("the command knows all its locks and their one token, and all are given back") {
  const Daemon daemon;
  Run run(daemon.port(),
          Words{"a", "b", "c", "--"} + sh("echo \"$PAWL_LOCK:$PAWL_TOKEN\"; exec sleep 1000"));

  CHECK(read_until(run, "a ") == "a b c:1");
  CHECK(holders_of(daemon.port(), "c") == 1);
  run.signal(SIGTERM);

  CHECK(run.wait() == 128 + SIGTERM);
  for (const char* name : {"a", "b", "c"}) CHECK(holders_of(daemon.port(), name) == 0);
}

TEST_CASE("with one of several held there is no run, and who holds it is told") {
  const Daemon daemon;
  REQUIRE_THAT(ask(daemon.port(), "LOCK b ttl=1m note=migration"), StartsWith("OK token=1"));

  Run once(daemon.port(), {"-n", "a", "b", "--", "true"});
  CHECK(once.wait() == 75);
  CHECK_THAT(once.output(), Contains("pawl: a and b: held by somebody else"));
  Run waiting(daemon.port(), {"a", "b", "--", "true"});
  const std::string told = read_until(waiting, "pawl: waiting");
  CHECK_THAT(told, StartsWith("pawl: waiting for a and b: b is held by ") && Contains("migration"));
  REQUIRE(ask(daemon.port(), "UNLOCK b token=1") == "OK");
  CHECK(waiting.wait() == 0);
}

TEST_CASE("a lock that is lost, of several, ends the command") {
  const Daemon daemon;
  Run run(daemon.port(), Words{"a", "b", "--"} + sh("echo ready; exec sleep 1000"));
  read_until(run, "ready");

  REQUIRE(ask(daemon.port(), "BREAK b token=1 reason=test") == "OK");

  CHECK_THAT(read_until(run, "pawl: a and b"), StartsWith("pawl: a and b are lost, the server"));
  CHECK(run.wait() == 76);
}

TEST_CASE("a run ends before its longest hold does, in time to give the lock back") {
  const Daemon daemon;
  Run run(daemon.port(), Words{"--ttl", "1s", "--max-hold", "1500ms", "--delay", "1m", "L", "--"} +
                             sh("exec sleep 1000"));

  CHECK(run.wait() == 76);
  CHECK_THAT(run.output(), Contains("L could not be renewed in time, or its --max-hold of 1.5s"));
  CHECK_THAT(ask(daemon.port(), "LOCK L"), StartsWith("OK token=2"));
}

TEST_CASE("a run that loses its lock leaves its delay behind") {
  const Daemon daemon;
  Run run(daemon.port(), Words{"--delay", "1m", "L", "--"} + sh("echo ready; exec sleep 1000"));
  read_until(run, "ready");

  REQUIRE(ask(daemon.port(), "BREAK L token=1 reason=test") == "OK");

  CHECK_THAT(ask(daemon.port(), "LOCK L"), StartsWith("ERR BUSY") && Contains("delay="));
  CHECK(run.wait() == 76);
}

TEST_CASE("names are told as people do") {
  CHECK(pawl::cli::names_text({"a"}) == "a");
  CHECK(pawl::cli::names_text({"a", "b", "c"}) == "a, b and c");
}

// SPDX-License-Identifier: Apache-2.0
//
// pawl watch: events as they happen, over lost connections and other nodes.
#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "system/line_client.hpp"
#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::testing {
namespace {

std::string ask(LineClient& client, const std::string& line) {
  client.send(line);
  return client.read_line();
}

std::string line_of(Process& process) { return process.read_line().value_or("(end of output)"); }

}  // namespace

TEST_CASE("pawl watch prints each event of the prefix at once") {
  Daemon daemon;
  Process watch({PAWL_PROGRAM, "watch", "jobs/"}, {server_at(daemon.port())});
  CHECK_THAT(line_of(watch), StartsWith("pawl: watching jobs/... at 127.0.0.1:"));
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK other") == "OK token=1 ttl=30000");
  REQUIRE(ask(client, "LOCK jobs/a") == "OK token=2 ttl=30000");
  CHECK(line_of(watch) == "EVENT GRANTED name=jobs/a token=2");
  REQUIRE(ask(client, "BREAK jobs/a token=2 reason=\"gone \\x1b[2J\"") == "OK");
  CHECK(line_of(watch) == "EVENT BROKEN name=jobs/a token=2 reason=\"gone \\x1b[2J\"");

  watch.terminate();
  CHECK(watch.wait() == -SIGTERM);
}

TEST_CASE("pawl watch -o json prints an object a line") {
  Daemon daemon;
  Process watch({PAWL_PROGRAM, "watch", "-o", "json"}, {server_at(daemon.port())});
  CHECK_THAT(line_of(watch), StartsWith("pawl: watching all locks at "));
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a") == "OK token=1 ttl=30000");
  REQUIRE(ask(client, "BREAK a token=1 reason=\"a \\\"b\\\"\"") == "OK");

  CHECK(line_of(watch) == R"({"event":"GRANTED","name":"a","token":1})");
  CHECK(line_of(watch) == R"({"event":"BROKEN","name":"a","token":1,"reason":"a \"b\""})");
}

TEST_CASE("a lost watch begins anew, and what may be missing is said") {
  FakeServer first;
  FakeServer second;
  const bool steps_down = GENERATE(false, true);  // and names a node that is not in the list
  const std::string servers = first.server() + (steps_down ? "" : "," + second.server());
  Process watch({PAWL_PROGRAM, "-s", servers, "watch", "a"});
  first.accept();
  CHECK(first.read_line() == "WATCH a");
  first.send("OK\nEVENT GRANTED name=a token=1\n");
  CHECK_THAT(line_of(watch), StartsWith("pawl: watching a... at " + first.server()));
  CHECK(line_of(watch) == "EVENT GRANTED name=a token=1");

  if (steps_down) {
    first.send("ERR NOT_PRIMARY primary=" + second.server() + " msg=\"the watch ends\"\n");
    CHECK_THAT(line_of(watch), Contains("(NOT_PRIMARY, the watch ends): watching again"));
  } else {
    first.hang_up();
    CHECK_THAT(line_of(watch), StartsWith("pawl: lost the watch at " + first.server()) &&
                                   Contains("events in between may be missing"));
  }

  second.accept();
  CHECK(second.read_line() == "WATCH a");
  second.send("OK\n");
  CHECK_THAT(line_of(watch), StartsWith("pawl: watching a... at " + second.server()));
  second.send("EVENT GRANTED name=a token=9\n");
  CHECK(line_of(watch) == "EVENT GRANTED name=a token=9");
}

TEST_CASE("pawl watch outlives a server that is started again much later") {
  TemporaryDirectory data;
  std::uint16_t port = 0;
  std::unique_ptr<Process> watch;
  {
    Daemon daemon({"--set", "data_dir=" + data.path()});
    port = daemon.port();
    watch = std::make_unique<Process>(
        std::vector<std::string>{PAWL_PROGRAM, "--timeout", "100", "watch"},
        std::vector<std::string>{server_at(port)});
    CHECK_THAT(line_of(*watch), StartsWith("pawl: watching all locks at "));
    daemon.process().terminate();
    CHECK_THAT(line_of(*watch), Contains("SHUTTING_DOWN"));
    CHECK(daemon.process().wait() == 0);
  }
  Daemon daemon({"--set", "data_dir=" + data.path(), "--set",
                 "listen.client=127.0.0.1:" + std::to_string(port)});
  CHECK_THAT(line_of(*watch), StartsWith("pawl: watching all locks at "));
}

TEST_CASE("a silent server is asked for a sign of life, and left if it gives none") {
  FakeServer server;
  Process watch({PAWL_PROGRAM, "-s", server.server(), "--timeout", "100", "watch"});
  server.accept();
  CHECK(server.read_line() == "WATCH");
  server.send("OK\n");
  CHECK(server.read_line() == "PING");
  server.send("OK pong\n");
  CHECK(server.read_line() == "PING");

  CHECK_THAT(line_of(watch), StartsWith("pawl: watching all locks"));
  CHECK_THAT(line_of(watch), Contains("(no reply in time)"));
}

TEST_CASE("pawl watch gives up where nobody ever served, or the server refuses") {
  DeafPort port;
  CHECK(pawl_with({"watch"}, {server_at(port.port())}).code == 69);
  Daemon daemon;
  CHECK(pawl_with({"watch", "a=b"}, {server_at(daemon.port())}).code == 64);
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// Each limit of the shell, reached.
#include <catch2/catch.hpp>
#include <chrono>

#include "running_server.hpp"

using namespace std::chrono_literals;
using pawl::Limits;
using pawl::test::LineClient;
using pawl::test::RunningServer;
using pawl::test::starts;

TEST_CASE("half a line is not waited for longer than allowed") {
  Limits limits;
  limits.half_line = 100ms;
  const RunningServer server(limits);
  LineClient whole = server.connect();
  CHECK(whole.ask("PING") == "OK pong");
  LineClient half = server.connect();
  half.send("PING\nPIN");
  CHECK(half.line() == "OK pong");
  CHECK(half.is_closed());
  CHECK(whole.ask("PING") == "OK pong");
}

TEST_CASE("one connection too many is told so, and room is given again") {
  Limits limits;
  limits.connections = 2;
  const RunningServer server(limits);
  LineClient first = server.connect();
  LineClient second = server.connect();
  CHECK(first.ask("PING") == "OK pong");
  CHECK(second.ask("PING") == "OK pong");
  LineClient third = server.connect();
  CHECK(starts(third.line(), "ERR LIMIT limit=connections msg=\""));
  CHECK(third.line() == std::nullopt);
  second.close();
  for (;;) {
    LineClient again = server.connect();
    again.send("PING\n");
    const auto answer = again.line();
    if (answer == "OK pong") break;
    REQUIRE(starts(answer, "ERR LIMIT"));
  }
}

TEST_CASE("a client that does not read is read no more, and closed in the end") {
  Limits limits;
  limits.unread_output = 16'384;
  limits.unread_output_for = 100ms;
  const RunningServer server(limits);
  LineClient client = server.connect(4'096);
  std::string helps;
  for (int i = 0; i < 1'000; ++i) helps += "HELP\n";
  std::size_t sent = 0;
  for (long now = 0; now >= 0; now = client.send_some(helps)) {
    sent += static_cast<std::size_t>(now);
    REQUIRE(sent < 100'000'000);
    client.wait_writable();
  }
  CHECK(server.connect().ask("PING") == "OK pong");
}

TEST_CASE("a client that reads late gets everything") {
  Limits limits;
  limits.unread_output = 4'096;
  const RunningServer server(limits);
  LineClient client = server.connect(4'096);
  constexpr int requests = 3'000;
  std::string helps;
  for (int i = 0; i < requests; ++i) helps += "HELP\n";
  client.send(helps);
  const std::string help = client.line().value_or("");
  REQUIRE(starts(help, "OK commands="));
  int same = 1;
  while (same < requests && client.line() == help) ++same;
  CHECK(same == requests);
  CHECK(client.ask("PING") == "OK pong");
}

TEST_CASE("beyond the pipeline nothing is read until an answer has made room") {
  Limits limits;
  limits.pipelined = 4;
  const RunningServer server(limits);
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token=1 "));
  LineClient client = server.connect();
  // Were the tagged PING read, its answer would come first.
  client.send("LOCK a wait=forever\nPING\nPING\nPING\n#t PING\n");
  for (int i = 0; i < 100; ++i) REQUIRE(holder.ask("PING") == "OK pong");
  CHECK_FALSE(client.has_news());
  CHECK(holder.ask("UNLOCK a token=1") == "OK");
  CHECK(starts(client.line(), "OK token=2 "));
  for (int i = 0; i < 3; ++i) CHECK(client.line() == "OK pong");
  CHECK(client.line() == "#t OK pong");
}

TEST_CASE("tagged locks that wait leave the pipeline free") {
  Limits limits;
  limits.pipelined = 4;
  const RunningServer server(limits);
  LineClient client = server.connect();
  REQUIRE(starts(client.ask("LOCK a"), "OK token=1 "));
  for (int i = 0; i < 20; ++i) {
    client.send("#w" + std::to_string(i) + " LOCK a wait=forever\n");
  }
  CHECK(client.ask("PING") == "OK pong");
  client.send("UNLOCK a token=1\n");
  const std::string one = client.line().value_or("");
  const std::string two = client.line().value_or("");
  CHECK((one == "OK" ? two : one).starts_with("#w0 OK token=2 "));
}

TEST_CASE("a client that leaves with its pipeline full leaves no waits behind") {
  Limits limits;
  limits.pipelined = 2;
  const RunningServer server(limits);
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token=1 "));
  LineClient gone = server.connect();
  gone.send("LOCK a wait=forever\nLOCK a wait=forever\nLOCK a wait=forever\n");
  while (holder.ask("SHOW a").find("\"waiters_total\":2") == std::string::npos) continue;
  gone.close();
  while (holder.ask("SHOW a").find("\"waiters_total\":0") == std::string::npos) continue;
}

TEST_CASE("limits change while running") {
  RunningServer server;
  LineClient client = server.connect();
  CHECK(client.ask("PING                    ") == "OK pong");
  Limits limits;
  limits.line = 16;
  server.configure(limits);
  while (client.ask("PING") != "OK pong") continue;
  client.send("PING                    \n");
  CHECK(starts(client.line(), "ERR TOO_LONG"));
}

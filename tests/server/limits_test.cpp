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

namespace {

std::string lease_name(int lease) { return std::string(240, 'n') + std::to_string(lease); }

// Of a fresh server: the tokens are 1, 2, …
void take_with_events(LineClient& client, int leases) {
  REQUIRE(client.ask("EVENTS on") == "OK");
  for (int lease = 0; lease < leases; ++lease) {
    const std::string granted = client.ask("LOCK " + lease_name(lease) + " ttl=1h");
    REQUIRE(starts(granted, "OK token=" + std::to_string(lease + 1) + " "));
  }
}

void send_breaks(LineClient& client, int first, int end) {
  std::string breaks;
  for (int lease = first; lease < end; ++lease) {
    const std::string token = std::to_string(lease + 1);
    breaks += "BREAK " + lease_name(lease) + " token=" + token + " reason=test\n";
  }
  client.send(breaks);
}

void break_leases(LineClient& client, int first, int end) {
  send_breaks(client, first, end);
  for (int lease = first; lease < end; ++lease) REQUIRE(client.line() == "OK");
}

}  // namespace

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

TEST_CASE("an event for a client past its unread output closes it at once") {
  Limits limits;
  limits.unread_output = 4'096;
  limits.unread_output_for = 24h;
  const RunningServer server(limits);
  LineClient deaf = server.connect(4'096);
  constexpr int leases = 20'000;  // of which more is told than a kernel buffers
  take_with_events(deaf, leases);
  LineClient operator_client = server.connect();
  int broken = 0;
  while (operator_client.ask("STATUS").find("\"connections\":2") != std::string::npos) {
    REQUIRE(broken < leases);
    break_leases(operator_client, broken, broken + 100);
    broken += 100;
  }
}

TEST_CASE("who watches and does not read gets a last line, and what was queued before it") {
  Limits limits;
  limits.unread_output = 65'536;
  limits.unread_output_for = 24h;
  const RunningServer server(limits);
  LineClient deaf = server.connect(4'096);
  const std::string name = lease_name(0);
  REQUIRE(deaf.ask("WATCH") == "OK");
  LineClient client = server.connect();
  constexpr int pairs = 20'000;  // of which more is told than a kernel buffers
  for (int token = 1; token <= pairs; ++token) {
    const std::string number = std::to_string(token);
    REQUIRE(starts(client.ask("LOCK " + name + " ttl=1h"), "OK token=" + number + " "));
    REQUIRE(client.ask("UNLOCK " + name + " token=" + number) == "OK");
  }

  int told = 0;
  std::string line = deaf.line().value_or("");
  for (; starts(line, "EVENT"); line = deaf.line().value_or("")) {
    const std::string kind = told % 2 == 0 ? "GRANTED" : "RELEASED";
    const std::string token = std::to_string(told / 2 + 1);
    REQUIRE(line == "EVENT " + kind + " name=" + name + " token=" + token);
    ++told;
  }
  CHECK(told < 2 * pairs);
  CHECK(line ==
        "ERR LIMIT limit=unread_output msg=\"more than 65536 bytes were not read in time: "
        "the watch ends, and events are lost\"");
  CHECK(deaf.line() == std::nullopt);
}

TEST_CASE("who watches and never reads is closed in the end") {
  Limits limits;
  limits.unread_output = 4'096;
  limits.unread_output_for = 100ms;
  const RunningServer server(limits);
  LineClient deaf = server.connect(4'096);
  REQUIRE(deaf.ask("WATCH") == "OK");
  LineClient client = server.connect();
  constexpr int most = 100'000;
  for (int token = 1; client.ask("STATUS").find("\"connections\":2") != std::string::npos;) {
    REQUIRE(token < most);
    for (int i = 0; i < 50; ++i, ++token) {
      REQUIRE(starts(client.ask("LOCK " + lease_name(0) + " ttl=1h"), "OK token="));
      const std::string unlock = "UNLOCK " + lease_name(0) + " token=";
      REQUIRE(client.ask(unlock + std::to_string(token)) == "OK");
    }
  }
}

TEST_CASE("a burst of events larger than the unread output reaches a client that reads") {
  Limits limits;
  limits.unread_output = 4'096;
  RunningServer server(limits);
  LineClient client = server.connect();
  constexpr int leases = 200;
  take_with_events(client, leases);
  LineClient operator_client = server.connect();
  REQUIRE(operator_client.ask("PING") == "OK pong");
  server.while_held([&] { send_breaks(operator_client, 0, leases); });
  for (int i = 0; i < leases; ++i) REQUIRE(starts(client.line(), "EVENT LOST name="));
}

TEST_CASE("a long pipeline waits for its next go behind a client that sends little") {
  RunningServer server;
  LineClient eager = server.connect();
  LineClient modest = server.connect();
  REQUIRE(eager.ask("PING") == "OK pong");
  REQUIRE(modest.ask("PING") == "OK pong");
  constexpr int pings = 500;
  std::string pipeline;
  for (int i = 0; i < pings; ++i) pipeline += "PING\n";
  server.while_held([&] {
    eager.send(pipeline + "LOCK a\n");
    modest.send("LOCK a\n");
  });
  CHECK(starts(modest.line(), "OK token=1 "));
  for (int i = 0; i < pings; ++i) REQUIRE(eager.line() == "OK pong");
  CHECK(starts(eager.line(), "ERR BUSY"));
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

// SPDX-License-Identifier: Apache-2.0
//
// What clients leave unread, all of them together.
#include "server/unread.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

#include "running_server.hpp"

using namespace std::chrono_literals;
using pawl::Limits;
using pawl::server::Unread;
using pawl::test::LineClient;
using pawl::test::RunningServer;
using pawl::test::starts;

namespace {

constexpr std::uint64_t mebibyte = 1'048'576;

// Of which an eighth, 2 MiB, may be unread.
Limits limits_of_16_mebibytes() {
  Limits limits;
  limits.memory = 16 * mebibyte;
  limits.unread_output = 64 * mebibyte;
  limits.unread_output_for = 24h;
  return limits;
}

// More than 4 MiB of answers that nobody reads.
LineClient deaf_client(const RunningServer& server) {
  LineClient deaf = server.connect(4'096);
  const std::string help = deaf.ask("HELP");
  std::string helps;
  for (std::size_t told = 0; told < 4 * mebibyte; told += help.size()) helps += "HELP\n";
  deaf.send(helps);
  return deaf;
}

// Asks, and gives the server many a turn to answer.
bool is_answered(LineClient& looks, LineClient& other) {
  looks.send("HELP\n");
  for (int turn = 0; turn < 50 && !looks.has_news(); ++turn) {
    REQUIRE(other.ask("PING") == "OK pong");
  }
  return looks.has_news();
}

// Until as many are connected.
void wait_for_connections(LineClient& client, int connections) {
  const std::string wanted = "\"connections\":" + std::to_string(connections) + ",";
  while (client.ask("STATUS").find(wanted) == std::string::npos) continue;
}

}  // namespace

TEST_CASE("all together may leave an eighth of the memory unread, and then each only little") {
  Limits limits;
  limits.memory = 800;
  limits.unread_output = 50'000;
  Unread unread(limits);
  std::uint64_t one = 0;
  std::uint64_t other = 0;
  unread.count(one, 60);
  unread.count(other, 40);
  CHECK_FALSE(unread.is_too_much());
  CHECK(unread.allowed(limits) == 50'000);
  unread.count(other, 41);
  CHECK(unread.is_too_much());
  CHECK(unread.allowed(limits) == 16'384);
  unread.count(one, 10);
  CHECK(unread.is_too_much());  // until half of it has gone
  unread.count(other, 40);
  CHECK_FALSE(unread.is_too_much());
  limits.unread_output = 1'000;
  unread.configure(limits);
  unread.count(other, 1'000);
  CHECK(unread.allowed(limits) == 1'000);
}

TEST_CASE("while too much is unread locks are served, and what is long to answer waits") {
  const RunningServer server(limits_of_16_mebibytes());
  LineClient looks = server.connect();
  LineClient locks = server.connect();
  const std::string help = looks.ask("HELP");
  {
    const LineClient deaf = deaf_client(server);
    while (is_answered(looks, locks)) REQUIRE(looks.line() == help);
    for (int token = 1; token <= 100; ++token) {
      const std::string number = std::to_string(token);
      REQUIRE(starts(locks.ask("LOCK a ttl=1h"), "OK token=" + number + " "));
      REQUIRE(starts(locks.ask("VERIFY a token=" + number), "OK ttl="));
      REQUIRE(locks.ask("UNLOCK a token=" + number) == "OK");
    }
    CHECK_FALSE(looks.has_news());
  }
  CHECK(looks.line() == help);
}

TEST_CASE("while too much is unread whoever takes nothing is closed in the end") {
  Limits limits = limits_of_16_mebibytes();
  limits.unread_output_for = 100ms;
  const RunningServer server(limits);
  LineClient client = server.connect();
  REQUIRE(client.ask("PING") == "OK pong");
  const LineClient deaf = deaf_client(server);
  wait_for_connections(client, 1);
}

TEST_CASE("who reads little of much is not closed for it while there is room") {
  Limits limits = limits_of_16_mebibytes();
  limits.memory = 2'048 * mebibyte;
  limits.unread_output_for = 100ms;
  const RunningServer server(limits);
  LineClient deaf = deaf_client(server);
  LineClient half = server.connect();
  const auto until = std::chrono::steady_clock::now() + 300ms;
  while (std::chrono::steady_clock::now() < until) REQUIRE(half.ask("PING") == "OK pong");
  wait_for_connections(half, 2);
  CHECK(starts(deaf.line(), "OK commands="));
}

TEST_CASE("who asks for what is long to answer comes behind who asks for a lock") {
  RunningServer server;
  LineClient looks = server.connect();
  LineClient locks = server.connect();
  REQUIRE(looks.ask("PING") == "OK pong");
  REQUIRE(locks.ask("PING") == "OK pong");
  server.while_held([&] {
    looks.send("LIST\nLOCK a\n");
    locks.send("LOCK a\n");
  });
  CHECK(starts(locks.line(), "OK token=1 "));
  CHECK(starts(looks.line(), "OK {"));
  CHECK(starts(looks.line(), "ERR BUSY"));
}

TEST_CASE("what is long to answer is answered though the client says no more") {
  const RunningServer server;
  LineClient client = server.connect();
  client.send("LIST\nHELP\nPING\n");
  client.finish_output();
  CHECK(starts(client.line(), "OK {"));
  CHECK(starts(client.line(), "OK commands="));
  CHECK(client.line() == "OK pong");
  CHECK(client.line() == std::nullopt);
}

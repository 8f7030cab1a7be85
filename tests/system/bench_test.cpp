// SPDX-License-Identifier: Apache-2.0
//
// pawl bench against a real pawld: what each workload counts, and that it leaves nothing behind.
#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "system/line_client.hpp"
#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::testing {
namespace {

using Json = nlohmann::json;

std::string ask(const Daemon& daemon, const std::string& line) {
  LineClient client(daemon.port());
  client.send(line);
  return client.read_line();
}

Json bench(const Daemon& daemon, Words words) {
  words.insert(words.begin(), "bench");
  words.insert(words.end(), {"--json", "--duration", "400ms"});
  const Outcome outcome = pawl_data(words, {server_at(daemon.port())});
  INFO(outcome.output);
  REQUIRE(outcome.code == 0);
  return Json::parse(outcome.output);
}

void check_that_nothing_is_left(const Daemon& daemon) {
  CHECK(ask(daemon, "LIST") == R"(OK {"locks":[],"next":null})");
  CHECK(ask(daemon, "SESSIONS") == R"(OK {"sessions":[],"next":null})");
}

}  // namespace

TEST_CASE("each workload of pawl bench runs without an error and leaves nothing behind") {
  const Daemon daemon({"--set", "durability=" + std::string(GENERATE("none", "fsync"))});
  const auto [words, measures] = GENERATE(table<Words, Words>(
      {{{"pair"}, {"pair", "lock", "unlock"}},
       {{"pair", "--connections", "4", "--depth", "8"}, {"pair", "lock", "unlock"}},
       {{"contend", "--connections", "20", "--locks", "3"}, {"grant", "unlock"}},
       {{"renew", "--depth", "3", "--ttl", "1s"}, {"keepalive", "renew"}},
       {{"hold", "--locks", "500"}, {"lock"}},
       {{"expire", "--locks", "500"}, {"before", "during", "after"}},
       {{"failover"}, {"pair", "lock", "unlock"}}}));

  const Json result = bench(daemon, words);

  INFO(result.dump(2));
  CHECK(result["workload"] == words.front());
  CHECK(result["operations"] > 0);
  CHECK(result["errors"].empty());
  CHECK(result["left_held"] == 0);
  CHECK(result["measures"].size() == measures.size());
  for (const std::string& measure : measures) {
    const Json& of = result["measures"][measure];
    CHECK(of["count"] > 0);
    CHECK(of["p50_us"] > 0);
    CHECK(of["p50_us"] <= of["p999_us"]);
    CHECK(of["p999_us"] <= of["max_us"]);
  }
  check_that_nothing_is_left(daemon);
}

TEST_CASE("pawl bench counts as the server does") {
  const Daemon daemon({"--set", "durability=none"});
  REQUIRE_THAT(ask(daemon, "LOCK before ttl=1m"), StartsWith("OK token=1 "));

  const Json result = bench(daemon, {"pair"});

  const Json locked = result["measures"]["lock"]["count"];
  const std::string next = ask(daemon, "LOCK after");
  const auto tokens = std::stoull(next.substr(next.find('=') + 1)) - 2;
  CHECK(tokens >= locked);
  CHECK(tokens <= locked.get<std::uint64_t>() + 16);  // under way at the end
}

TEST_CASE("pawl bench hold and expire tell what the server says") {
  const Daemon daemon({"--set", "durability=none"});
  const Json held = bench(daemon, {"hold", "--locks", "300"});
  CHECK(held["held"] == 300);
  CHECK(held["server_locks"] == 300);
  const Json expired = bench(daemon, {"expire", "--locks", "300"});
  CHECK(expired["leases"] == 300);
  CHECK(expired["gone_after_ms"] < 200);
}

TEST_CASE("a signal ends pawl bench early, with its results, and nothing is left held") {
  const Daemon daemon({"--set", "durability=none"});
  const Words words =
      GENERATE(Words{"contend", "--connections", "20"}, Words{"hold", "--locks", "500"},
               Words{"renew"}, Words{"pair", "--depth", "9"}, Words{"expire", "--locks", "500"});
  const int signal = GENERATE(SIGINT, SIGTERM);
  Words line{PAWL_PROGRAM, "bench"};
  line.insert(line.end(), words.begin(), words.end());
  line.insert(line.end(), {"--duration", "1m"});
  Process process(line, {server_at(daemon.port())});
  while (!ask(daemon, "LIST limit=1").starts_with(R"(OK {"locks":[{"name":"bench/)")) {
  }

  kill(process.pid(), signal);

  CHECK(process.wait() == 128 + signal);
  CHECK_THAT(process.output(), StartsWith(words.front() + " at 127.0.0.1:"));
  check_that_nothing_is_left(daemon);
}

TEST_CASE("what makes no sense is refused with one line, before anything is sent") {
  const DeafPort nobody;
  const Words words = GENERATE(
      Words{}, Words{"nix"}, Words{"pair", "--depth", "0"}, Words{"pair", "--depth", "1025"},
      Words{"pair", "--connections", "1e3"}, Words{"pair", "--duration", "0"},
      Words{"pair", "--duration", "2h"}, Words{"pair", "--ttl", "0"}, Words{"pair", "--locks", "7"},
      Words{"contend", "--depth", "2"}, Words{"contend", "--locks", "64"},
      Words{"hold", "--ttl", "1s"}, Words{"expire", "--ttl", "10s"});
  Words line{"bench"};
  line.insert(line.end(), words.begin(), words.end());

  const Outcome outcome = pawl_with(line, {server_at(nobody.port())});

  CHECK(outcome.code == 64);
  CHECK_THAT(outcome.output, StartsWith("pawl: "));
}

TEST_CASE("pawl bench where nobody listens exits with 69, and where nothing succeeds with 1") {
  const DeafPort nobody;
  const Daemon daemon;
  CHECK(pawl_with({"bench", "pair"}, {server_at(nobody.port())}).code == 69);
  const Words too_short{"bench", "pair", "--ttl", "1ms", "--duration", "200ms"};
  const Outcome outcome = pawl_with(too_short, {server_at(daemon.port())});
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.output,
             Contains("errors: BAD_REQUEST ") && Contains("pawl: nothing succeeded"));
}

TEST_CASE("a reply that comes in pieces is one reply") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "bench", "pair", "--connections", "1", "--duration", "30s"},
                  {server_at(server.port())});
  server.accept();
  REQUIRE_THAT(server.read_line(), StartsWith("SHOW bench/"));
  server.send("OK {}\n");
  server.accept();
  REQUIRE_THAT(server.read_line(), StartsWith("LOCK bench/"));
  for (const char* piece : {"OK tok", "en=", "7 ttl=1", "0000", "\n"}) server.send(piece);
  CHECK_THAT(server.read_line(), StartsWith("UNLOCK bench/") && Catch::EndsWith(" token=7"));
  server.send("OK");
  server.send("\n");
  REQUIRE_THAT(server.read_line(), StartsWith("LOCK bench/"));
  server.hang_up();

  CHECK(process.wait() == 0);
  CHECK_THAT(process.output(), Contains("errors: closed 1\n"));
}

}  // namespace pawl::testing

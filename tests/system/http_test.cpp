// SPDX-License-Identifier: Apache-2.0
//
// The HTTP port of a real pawld, as curl and a load balancer see it.
#include <catch2/catch.hpp>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "system/line_client.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::uint16_t http_port_of(Daemon& daemon) {
  const std::string& said = daemon.process().output();
  constexpr std::string_view key = R"("http":"127.0.0.1:)";
  const std::size_t at = said.find(key);
  REQUIRE(at != said.npos);
  return static_cast<std::uint16_t>(std::stoi(said.substr(at + key.size())));
}

// Head and body.
std::string get(std::uint16_t port, const std::string& target) {
  LineClient client(port);
  client.send("GET " + target + " HTTP/1.0\r\n\r");
  std::string answer;
  try {
    for (;;) answer += client.read_line() + '\n';
  } catch (const std::exception&) {  // the end of input
  }
  return answer;
}

std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("a pawld tells over HTTP that it is well, and what is held") {
  Daemon daemon({"--set", "listen.http=127.0.0.1:0", "--set", "log.format=json"});
  const std::uint16_t port = http_port_of(daemon);
  LineClient holder(daemon.port());
  holder.send("LOCK jobs/a ttl=60s note=nightly");
  CHECK_THAT(holder.read_line(), StartsWith("OK token="));
  LineClient waiter(daemon.port());
  waiter.send("LOCK jobs/a wait=60s");
  LineClient poller(daemon.port());
  std::string busy;  // until the waiter stands in the queue
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (busy.find("waiters=1") == busy.npos) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    poller.send("LOCK jobs/a");
    busy = poller.read_line();
  }

  for (const char* path : {"/livez", "/readyz", "/primary"}) {
    CHECK_THAT(get(port, path), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  const auto status = nlohmann::json::parse(body(get(port, "/status.json")));
  CHECK(status["health"]["state"] == "ok");
  CHECK(status["totals"]["connections"] == 3);
  CHECK(status["contended"][0]["name"] == "jobs/a");
  CHECK(status["contended"][0]["holder"]["note"] == "nightly");
  CHECK(status["counters"]["requests"] >= 3);
  const std::string metrics = body(get(port, "/metrics"));
  CHECK_THAT(metrics, Contains("\npawl_waiters 1\n"));
  CHECK_THAT(metrics, Contains("\npawl_fsync_seconds_count "));
  CHECK_THAT(metrics, !Contains("\npawl_fsync_seconds_count 0\n"));
  CHECK_THAT(metrics, !Contains("\npawl_loop_lag_seconds_count 0\n"));
  CHECK_THAT(body(get(port, "/")), StartsWith("<!doctype html>"));
}

TEST_CASE("an HTTP port in use ends the start like that of the clients") {
  Daemon first({"--set", "listen.http=127.0.0.1:0", "--set", "log.format=json"});
  const std::string address = "127.0.0.1:" + std::to_string(http_port_of(first));
  const TemporaryDirectory directory;
  Process second({PAWLD_PROGRAM, "--set", "listen.client=127.0.0.1:0", "--set",
                  "listen.http=" + address, "--set", "data_dir=" + directory.path()});
  CHECK(second.wait() == 75);
  CHECK_THAT(second.output(), Contains("pawld: cannot listen on " + address));
  CHECK_THAT(second.output(), Contains("listen.http says where"));
}

TEST_CASE("who wants no HTTP port gets none") {
  Daemon daemon({"--set", "listen.http=none", "--set", "log.format=json"});
  CHECK_THAT(daemon.process().output(), Contains(R"("http":"none")"));
}

}  // namespace pawl::testing

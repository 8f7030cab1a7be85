// SPDX-License-Identifier: Apache-2.0
//
// The HTTP port of a real pawld, as curl and a load balancer see it.
#include <catch2/catch.hpp>
#include <charconv>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
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
std::string get(std::uint16_t port, const std::string& target, const std::string& header = {}) {
  LineClient client(port);
  client.send("GET " + target + " HTTP/1.0\r\n" + header + "\r");
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

TEST_CASE("who may not look over HTTP is told of in the log") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("pawld.yaml");
  std::ofstream(path) << "security:\n  users:\n    - {name: ci, roles: [], secret_sha256: "
                         "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b}\n";
  Daemon daemon({"-c", path, "--set", "listen.http=127.0.0.1:0", "--set", "log.format=json"});
  const std::uint16_t port = http_port_of(daemon);
  const std::string of_ci = "Authorization: Basic Y2k6c2VjcmV0\r\n";  // ci:secret
  for (int i = 0; i < 3; ++i) {
    CHECK_THAT(get(port, "/lock.json?name=jobs%0Aa", of_ci), StartsWith("HTTP/1.1 403"));
  }
  const std::string of_wrong = "Authorization: Basic Y2k6d3Jvbmc=\r\n";  // ci:wrong
  CHECK_THAT(get(port, "/metrics", of_wrong), StartsWith("HTTP/1.1 401"));
  CHECK_THAT(get(port, "/livez", of_wrong), StartsWith("HTTP/1.1 200"));
  daemon.process().terminate();
  CHECK(daemon.process().wait() == 0);

  std::vector<nlohmann::json> denied;
  std::istringstream log(daemon.process().output());
  for (std::string line; std::getline(log, line);) {
    if (line.find(R"("msg":"denied")") != line.npos) denied.push_back(nlohmann::json::parse(line));
  }
  REQUIRE(denied.size() == 4);
  CHECK(denied[0]["op"] == "show");
  CHECK(denied[0]["user"] == "ci");
  CHECK(denied[0]["name"] == "jobs\na");
  CHECK(denied[0]["address"] == "127.0.0.1");
  CHECK(denied[0]["code"] == "FORBIDDEN");
  CHECK(denied[3]["op"] == "status");
  CHECK(denied[3]["code"] == "UNAUTHENTICATED");
  CHECK_THAT(daemon.process().output(), !Contains("secret"));
}

TEST_CASE("who wants no HTTP port gets none") {
  Daemon daemon({"--set", "listen.http=none", "--set", "log.format=json"});
  CHECK_THAT(daemon.process().output(), Contains(R"("http":"none")"));
}

}  // namespace pawl::testing

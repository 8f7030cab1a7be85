// SPDX-License-Identifier: Apache-2.0
#include "server/http/metrics.hpp"

#include <chrono>
#include <map>
#include <set>
#include <sstream>

#include "node/group.hpp"
#include "onlooker.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

// By name and labels, as written.
std::map<std::string, double> samples(const std::string& text) {
  std::map<std::string, double> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t blank = line.rfind(' ');
    REQUIRE(blank != line.npos);
    const bool is_new = found.emplace(line.substr(0, blank), std::stod(line.substr(blank))).second;
    CHECK(is_new);
  }
  return found;
}

}  // namespace

TEST_CASE("/metrics says in numbers what happened") {
  Core core(with(Durability::fsync));
  core.ask("A", "LOCK jobs/a ttl=60s");
  core.send("B", "LOCK jobs/a wait=30s");
  core.flush();
  core.ask("C", "LOCK jobs/a");
  core.advance(2s);
  server::http::Counts counts;
  counts.connections = 3;
  counts.requests[Request{request::Lock{}}.index()] = 3;
  counts.requests[Request{request::Quit{}}.index()] = 7;
  counts.errors[static_cast<std::size_t>(ErrorCode::busy)] = 1;
  Onlooker onlooker(core.node(), {.now = core.now(), .connections = 2, .counts = &counts});
  const auto answer = onlooker.ask("/metrics");
  CHECK(answer.type == "text/plain; version=0.0.4; charset=utf-8");
  auto found = samples(answer.body);
  CHECK(found["pawl_locks"] == 1);
  CHECK(found["pawl_holders"] == 1);
  CHECK(found["pawl_waiters"] == 1);
  CHECK(found["pawl_oldest_wait_seconds"] == 2);
  CHECK(found["pawl_connections"] == 2);
  CHECK(found["pawl_connections_total"] == 3);
  CHECK(found["pawl_requests_total{op=\"lock\"}"] == 3);
  CHECK(found["pawl_requests_total{op=\"quit\"}"] == 7);
  CHECK(found["pawl_request_errors_total{code=\"BUSY\"}"] == 1);
  CHECK(found["pawl_grants_total"] == 1);
  CHECK(found["pawl_acquire_denied_total{reason=\"busy\"}"] == 1);
  CHECK(found["pawl_fencing_token_last"] == 1);
  CHECK(found["pawl_is_primary"] == 1);
  CHECK(found["pawl_has_primary"] == 1);
  CHECK_FALSE(found.contains("pawl_disk_free_bytes"));
  CHECK(found["process_open_fds"] > 2);
  CHECK(found["process_resident_memory_bytes"] > 1'000'000);
  CHECK(found["process_max_fds"] > 0);
  CHECK(found.contains("pawl_build_info{version=\"" PAWL_VERSION "\"}"));
  CHECK_THAT(answer.body, !Contains("jobs/a"));
}

TEST_CASE("/metrics says what there is room for") {
  Core core;
  Onlooker onlooker(core.node(),
                    {.now = core.now(), .memory_limit = 1 << 20, .disk_free_bytes = 1 << 30});
  auto found = samples(onlooker.ask("/metrics").body);
  CHECK(found["pawl_table_memory_limit_bytes"] == 1 << 20);
  CHECK(found["pawl_disk_free_bytes"] == 1 << 30);
}

TEST_CASE("each family has its help and type once, and a histogram counts up") {
  Core core;
  core.ask("A", "LOCK x ttl=60s");
  core.advance(1s);
  core.ask("A", "UNLOCK x token=1");
  Onlooker onlooker(core.node(), {.now = core.now()});
  const std::string text = onlooker.ask("/metrics").body;
  std::set<std::string> helps;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# HELP ")) continue;
    CHECK(helps.insert(line.substr(7, line.find(' ', 7) - 7)).second);
    CHECK(line.ends_with('.'));
  }
  CHECK(helps.size() > 35);
  auto found = samples(text);
  CHECK(found["pawl_hold_seconds_bucket{le=\"0.512\"}"] == 0);
  CHECK(found["pawl_hold_seconds_bucket{le=\"1.024\"}"] == 1);
  CHECK(found["pawl_hold_seconds_bucket{le=\"+Inf\"}"] == 1);
  CHECK(found["pawl_hold_seconds_count"] == 1);
  CHECK(found["pawl_hold_seconds_sum"] == Approx(1).margin(0.003));
}

TEST_CASE("/metrics of one of several tells of its peers") {
  Group group;
  const char primary = group.primary();
  const char standby = group.others(primary).front();
  auto found = samples(Onlooker(group[primary], {.now = group.now()}).ask("/metrics").body);
  CHECK(found.contains(std::string("pawl_peer_lag_records{peer=\"") + standby + "\"}"));
  CHECK_FALSE(found.contains(std::string("pawl_peer_lag_records{peer=\"") + primary + "\"}"));
  CHECK(found["pawl_is_primary"] == 1);
  found = samples(Onlooker(group[standby], {.now = group.now()}).ask("/metrics").body);
  CHECK(found["pawl_is_primary"] == 0);
  CHECK(found["pawl_has_primary"] == 1);
}

}  // namespace pawl::testing

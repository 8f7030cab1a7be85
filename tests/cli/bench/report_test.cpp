// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/report.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;

namespace pawl::cli::bench {
namespace {

using namespace std::chrono_literals;

Outcome outcome_of(Kind kind) {
  Outcome outcome;
  outcome.plan.kind = kind;
  outcome.plan = completed(outcome.plan);
  outcome.servers = "127.0.0.1:7295";
  outcome.elapsed = 2s;
  return outcome;
}

Tally tally_of_pairs() {
  Tally tally;
  const std::size_t pair = tally.add_operation("pair");
  tally.add_part("lock");
  for (int i = 0; i < 2'000; ++i) tally.success(pair, 200us);
  tally.error("BUSY");
  return tally;
}

}  // namespace

TEST_CASE("people read a table, what else was found, and the errors") {
  Outcome outcome = outcome_of(Kind::pair);
  outcome.facts = {{"a", 1, "a is one"}, {"b", 2, ""}};
  CHECK(report_text(outcome, tally_of_pairs()) ==
        "pair at 127.0.0.1:7295: 16 connections, depth 1, ttl 10s, 2s\n"
        "      count  per second  p50    p90    p99    p99.9  max\n"
        "pair  2,000  1,000       200us  200us  200us  200us  200us\n"
        "lock  0      0           -      -      -      -      -\n"
        "a is one\n"
        "errors: BUSY 1\n");
}

TEST_CASE("scripts read one object whose keys stay") {
  Outcome outcome = outcome_of(Kind::pair);
  outcome.facts = {{"a", 1, "a is one"}};
  CHECK(report_json(outcome, tally_of_pairs()).dump() ==
        R"({"workload":"pair","servers":"127.0.0.1:7295","connections":16,"depth":1,"locks":0,)"
        R"("ttl_ms":10000,"elapsed_ms":2000,"operations":2000,"rate":1000,"measures":{)"
        R"("pair":{"count":2000,"rate":1000,"p50_us":200.0,"p90_us":200.0,"p99_us":200.0,)"
        R"("p999_us":200.0,"max_us":200.0},)"
        R"("lock":{"count":0,"rate":0,"p50_us":0.0,"p90_us":0.0,"p99_us":0.0,"p999_us":0.0,)"
        R"("max_us":0.0}},"a":1,"errors":{"BUSY":1},"left_held":0})");
}

TEST_CASE("what was measured in a part of the run has the rate of that part") {
  Tally tally = tally_of_pairs();
  tally.measure(0).span = 500ms;
  CHECK(report_json(outcome_of(Kind::pair), tally)["measures"]["pair"]["rate"] == 4'000);
}

TEST_CASE("a run without errors says so") {
  Tally tally;
  tally.add_operation("pair");
  CHECK_THAT(report_text(outcome_of(Kind::hold), tally),
             Contains("100,000 locks") && Contains("errors: none\n"));
}

TEST_CASE("latencies have three digits that count") {
  CHECK(latency_text(0) == "0.00us");
  CHECK(latency_text(9'999) == "10.0us");
  CHECK(latency_text(123'456) == "123us");
  CHECK(latency_text(999'600) == "1.00ms");
  CHECK(latency_text(12'345'678) == "12.3ms");
  CHECK(latency_text(1'234'567'890) == "1.23s");
}

TEST_CASE("digits are grouped by three") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1'000) == "1,000");
  CHECK(grouped(1'234'567) == "1,234,567");
}

}  // namespace pawl::cli::bench

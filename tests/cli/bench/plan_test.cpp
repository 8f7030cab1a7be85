// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/plan.hpp"

#include <catch2/catch.hpp>

#include "cli/failure.hpp"

namespace pawl::cli::bench {
namespace {

Plan plan_of(Kind kind) {
  Plan plan;
  plan.kind = kind;
  return plan;
}

}  // namespace

TEST_CASE("every workload runs without any option") {
  for (std::size_t i = 0; i < kind_words().size(); ++i) {
    const Plan plan = completed(plan_of(static_cast<Kind>(i)));
    INFO(word_of(plan.kind));
    CHECK(plan.connections > 0);
    CHECK(plan.depth > 0);
    CHECK(plan.ttl.count() > 0);
  }
}

TEST_CASE("what is given stays") {
  Plan plan = plan_of(Kind::expire);
  plan.connections = 3;
  plan.depth = 5;
  plan.locks = 7;
  plan.ttl = Milliseconds{900};
  const Plan done = completed(plan);
  CHECK(done.connections == 3);
  CHECK(done.depth == 5);
  CHECK(done.locks == 7);
  CHECK(done.ttl == Milliseconds{900});
}

TEST_CASE("leases of hold outlive the run, those of expire end within it") {
  const auto duration = Milliseconds{GENERATE(100, 10'000, 3'600'000)};
  Plan hold = plan_of(Kind::hold);
  Plan expire = plan_of(Kind::expire);
  hold.duration = expire.duration = duration;
  CHECK(completed(hold).ttl > duration);
  CHECK(completed(expire).ttl < duration);
}

TEST_CASE("what makes no sense is a usage error that says why") {
  Plan plan;
  SECTION("locks where each request has its own") {
    plan.kind = GENERATE(Kind::pair, Kind::renew, Kind::failover);
    plan.locks = 5;
  }
  SECTION("waits that are pipelined") {
    plan.kind = Kind::contend;
    plan.depth = 2;
  }
  SECTION("a lock for everybody") {
    plan.kind = Kind::contend;
    plan.connections = plan.locks = 4;
  }
  SECTION("leases that end too early") {
    plan.kind = Kind::hold;
    plan.ttl = plan.duration;
  }
  SECTION("leases that end too late") {
    plan.kind = Kind::expire;
    plan.ttl = plan.duration;
  }
  SECTION("no time at all, or a day") { plan.duration = Milliseconds{GENERATE(0, 99, 3'600'001)}; }
  try {
    static_cast<void>(completed(plan));
    FAIL("was accepted");
  } catch (const Failure& failure) {
    CHECK(failure.code() == exit_usage);
    CHECK_THAT(failure.what(),
               Catch::StartsWith("bench " + std::string(word_of(plan.kind)) + ": "));
  }
}

}  // namespace pawl::cli::bench

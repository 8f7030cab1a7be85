// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/plan.hpp"

#include "cli/failure.hpp"

namespace pawl::cli::bench {
namespace {

struct Defaults {
  std::uint64_t connections;
  std::uint64_t depth;
  std::uint64_t locks;
  Milliseconds ttl;
};

// Leases are short where nothing waits for their end: what a killed run leaves is soon gone.
Defaults defaults_of(const Plan& plan) {
  constexpr Milliseconds brief{10'000};
  switch (plan.kind) {
    case Kind::pair: return {16, 1, 0, brief};
    case Kind::contend: return {64, 1, 1, brief};
    case Kind::renew: return {16, 1, 0, brief};
    case Kind::hold: return {4, 64, 100'000, plan.duration + brief};
    case Kind::expire: return {4, 1, 100'000, plan.duration / 2};
    case Kind::failover: return {4, 1, 0, brief};
  }
  return {};
}

[[noreturn]] void refuse(const Plan& plan, const std::string& why) {
  throw Failure(exit_usage, "bench " + std::string(word_of(plan.kind)) + ": " + why);
}

template <class Value>
void fill_in(Value& value, Value by_default) {
  if (value == Value{}) value = by_default;
}

void judge(const Plan& plan) {
  if (plan.duration < least_duration || plan.duration > most_duration) {
    refuse(plan, "--duration is from 100ms to 1h");
  }
  if (plan.kind == Kind::contend && plan.depth > 1) {
    refuse(plan, "one LOCK waits on each connection, --depth says nothing here");
  }
  if (plan.kind == Kind::contend && plan.locks >= plan.connections) {
    refuse(plan, "nobody would wait: --locks must be less than --connections");
  }
  if (plan.kind == Kind::hold && plan.ttl <= plan.duration) {
    refuse(plan, "the leases would end before the run: --ttl must be more than --duration");
  }
  if (plan.kind == Kind::expire && plan.ttl >= plan.duration) {
    refuse(plan, "nothing would end in time: --ttl must be less than --duration");
  }
}

}  // namespace

const std::vector<std::string>& kind_words() {
  static const std::vector<std::string> words{"pair", "contend", "renew",
                                              "hold", "expire",  "failover"};
  return words;
}

std::string_view word_of(Kind kind) { return kind_words()[static_cast<std::size_t>(kind)]; }

Plan completed(Plan plan) {
  const Defaults defaults = defaults_of(plan);
  if (plan.locks > 0 && defaults.locks == 0) {
    refuse(plan, "its locks are one for each request under way, --locks says nothing here");
  }
  fill_in(plan.connections, defaults.connections);
  fill_in(plan.depth, defaults.depth);
  fill_in(plan.locks, defaults.locks);
  fill_in(plan.ttl, defaults.ttl);
  judge(plan);
  return plan;
}

}  // namespace pawl::cli::bench

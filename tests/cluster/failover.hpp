// SPDX-License-Identifier: Apache-2.0
//
// How long clients are without a primary when the one they have is killed, paused, cut off or
// hands over; and whether all they were told can be true.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace pawl::testing {

struct FailoverPlan {
  unsigned kills = 0;
  unsigned stops = 0;
  unsigned cuts = 0;  // half of them both ways, a quarter one way, a quarter the other
  unsigned handovers = 0;
  std::chrono::milliseconds stop_for{5'000};
  unsigned clients = 16;
  std::uint64_t seed = 1;
};

struct FailoverKind {
  std::string name;
  std::vector<double> gaps_ms;  // from the last success before to the first success after
  // Requests, over all of that kind.
  std::uint64_t successes = 0;
  std::uint64_t not_primary = 0;
  std::uint64_t no_quorum = 0;
  std::uint64_t waits_moved = 0;
  std::uint64_t broken = 0;
  std::uint64_t silent = 0;

  [[nodiscard]] double percentile(double share) const;  // 0 … 1
};

struct FailoverReport {
  std::string wrong;  // empty: nothing
  std::size_t grants = 0;
  std::vector<FailoverKind> kinds;

  [[nodiscard]] std::string table() const;
  [[nodiscard]] const FailoverKind& kind(const std::string& name) const;
};

[[nodiscard]] FailoverReport run_failovers(const FailoverPlan& plan);

}  // namespace pawl::testing

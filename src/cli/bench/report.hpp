// SPDX-License-Identifier: Apache-2.0
//
// What a run came to, for people and as one line of JSON whose keys stay.
#pragma once

#include <string>

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

struct Outcome {
  Plan plan;
  std::string servers;
  Span elapsed{0};
  Facts facts;
  std::uint64_t held = 0;  // locks that may be held still
};

[[nodiscard]] std::string report_text(const Outcome& outcome, const Tally& tally);
[[nodiscard]] Json report_json(const Outcome& outcome, const Tally& tally);

// 850us, 12.3ms, 1.20s: three digits that count.
[[nodiscard]] std::string latency_text(std::uint64_t ns);
// 1234567 as 1,234,567.
[[nodiscard]] std::string grouped(std::uint64_t number);
[[nodiscard]] double rate_of(std::uint64_t count, Span span);  // a second

}  // namespace pawl::cli::bench

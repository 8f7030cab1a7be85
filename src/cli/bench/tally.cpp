// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/tally.hpp"

#include <algorithm>

namespace pawl::cli::bench {

void Tally::success(std::size_t measure, Span took) {
  if (is_closed_) return;
  const auto ns = std::max<Span::rep>(took.count(), 0);
  measures_[measure].latency.add(static_cast<std::uint64_t>(ns));
}

void Tally::error(std::string_view code) {
  if (is_closed_) return;
  auto known = errors_.find(code);
  if (known == errors_.end()) known = errors_.emplace(code, 0).first;
  ++known->second;
}

std::uint64_t Tally::operations() const {
  std::uint64_t sum = 0;
  for (const Measure& measure : measures_) {
    if (measure.is_operation) sum += measure.latency.count();
  }
  return sum;
}

std::uint64_t Tally::error_count() const {
  std::uint64_t sum = 0;
  for (const auto& [code, count] : errors_) sum += count;
  return sum;
}

}  // namespace pawl::cli::bench

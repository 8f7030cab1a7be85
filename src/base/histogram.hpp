// SPDX-License-Identifier: Apache-2.0
//
// How often something took how long, since the start. Each bound is twice the one before: to count
// costs a division, whatever is counted.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/moment.hpp"

namespace pawl {

class Histogram {
 public:
  static constexpr std::size_t bounds = 23;

  explicit Histogram(Span first_bound) : first_(static_cast<std::uint64_t>(first_bound.count())) {}

  void add(Span span) {
    const std::uint64_t counted = static_cast<std::uint64_t>(std::max(span, Span{1}).count());
    const auto at = static_cast<std::size_t>(std::bit_width((counted - 1) / first_));
    ++counts_[std::min(at, bounds)];
    sum_ += counted;
  }

  [[nodiscard]] Span bound(std::size_t at) const {
    return Span{static_cast<Span::rep>(first_ << at)};
  }
  // How often up to the bound of the same place and above the one before; the last: beyond all.
  [[nodiscard]] const std::array<std::uint64_t, bounds + 1>& counts() const { return counts_; }
  [[nodiscard]] Span sum() const { return Span{static_cast<Span::rep>(sum_)}; }

 private:
  std::uint64_t first_;
  std::array<std::uint64_t, bounds + 1> counts_{};
  std::uint64_t sum_ = 0;
};

}  // namespace pawl

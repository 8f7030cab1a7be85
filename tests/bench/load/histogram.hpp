// SPDX-License-Identifier: Apache-2.0
//
// A log-linear histogram of spans: 64 buckets for each doubling, so that a quantile is at most 1.6
// % above the truth, and adding one costs a few instructions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "load/clock.hpp"

namespace pawl::bench {

class Histogram {
 public:
  void add(Span span) {
    const auto nanoseconds = static_cast<std::uint64_t>(std::max<Span::rep>(span.count(), 0));
    ++buckets_[bucket_of(nanoseconds)];
    ++count_;
    greatest_ = std::max(greatest_, span);
    sum_ += span;
  }

  // The end of the bucket in which the quantile lies, or the greatest of all if that is less.
  [[nodiscard]] Span quantile(double share) const {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      below += buckets_[i];
      if (below > rank) return std::min(Span(static_cast<Span::rep>(end_of(i))), greatest_);
    }
    return greatest_;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Span greatest() const { return greatest_; }
  [[nodiscard]] Span mean() const {
    return count_ == 0 ? Span{} : sum_ / static_cast<Span::rep>(count_);
  }

 private:
  static constexpr unsigned linear_bits = 6;
  static constexpr std::uint64_t linear = 1U << linear_bits;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < linear) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - linear_bits - 1;
    return shift * linear + (value >> shift);
  }

  static std::uint64_t end_of(std::size_t bucket) {
    if (bucket < 2 * linear) return bucket;
    const std::size_t shift = bucket / linear - 1;
    return ((bucket % linear + linear + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - linear_bits + 1) * linear> buckets_{};
  std::uint64_t count_ = 0;
  Span greatest_{};
  Span sum_{};
};

}  // namespace pawl::bench

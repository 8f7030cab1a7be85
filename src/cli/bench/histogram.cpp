// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pawl::cli::bench {

// The highest eight bits, and how far they were shifted: buckets of one width for each shift.
std::size_t Histogram::bucket_of(std::uint64_t value) {
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = bits > linear_bits + 1 ? bits - linear_bits - 1 : 0;
  return (std::size_t{shift} << linear_bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::end_of(std::size_t bucket) {
  const std::size_t row = bucket >> linear_bits;
  const std::size_t shift = row > 1 ? row - 1 : 0;
  const std::uint64_t head = bucket - (shift << linear_bits);
  return ((head + 1) << shift) - 1;  // of the last bucket: 2^64 - 1, by wrapping
}

void Histogram::add(std::uint64_t value) {
  ++buckets_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
}

std::uint64_t Histogram::percentile(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    passed += buckets_[bucket];
    if (passed >= std::max<std::uint64_t>(rank, 1)) return std::min(end_of(bucket), max_);
  }
  return max_;
}

}  // namespace pawl::cli::bench

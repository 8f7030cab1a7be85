// SPDX-License-Identifier: Apache-2.0
//
// How values are spread, in memory that does not grow: log-linear, 128 buckets for each power of
// two. Up to 255 a value is kept as it is; above, a percentile is told as the end of its bucket,
// never too low and less than 1/128 (0.8 %) too high. Count and maximum are exact.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pawl::cli::bench {

class Histogram {
 public:
  void add(std::uint64_t value);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  // The least value that is known not to be exceeded by `share` (0 to 1) of all; 0 without values.
  [[nodiscard]] std::uint64_t percentile(double share) const;

 private:
  static constexpr unsigned linear_bits = 7;
  static constexpr std::size_t bucket_count = (64 - linear_bits + 1) << linear_bits;

  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value);
  [[nodiscard]] static std::uint64_t end_of(std::size_t bucket);  // its greatest value

  std::array<std::uint64_t, bucket_count> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace pawl::cli::bench

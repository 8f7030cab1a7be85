// SPDX-License-Identifier: Apache-2.0
#include "cli/text/duration.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace pawl::cli {
namespace {

// 3m12s; 3m where the smaller unit is zero.
std::string two(std::int64_t big, std::string_view big_unit, std::int64_t small,
                std::string_view small_unit) {
  std::string text = std::to_string(big) + std::string(big_unit);
  if (small != 0) text += std::to_string(small) + std::string(small_unit);
  return text;
}

}  // namespace

std::string duration_text(Milliseconds span) {
  const std::int64_t ms = std::max<std::int64_t>(span.count(), 0);
  const std::int64_t seconds = ms / 1'000;
  const std::int64_t minutes = seconds / 60;
  const std::int64_t hours = minutes / 60;
  if (seconds == 0) return std::to_string(ms) + "ms";
  if (minutes == 0) {
    const std::int64_t tenths = ms / 100 % 10;
    if (tenths == 0) return std::to_string(seconds) + "s";
    return std::to_string(seconds) + "." + std::to_string(tenths) + "s";
  }
  if (hours == 0) return two(minutes, "m", seconds % 60, "s");
  if (hours < 24) return two(hours, "h", minutes % 60, "m");
  return two(hours / 24, "d", hours % 24, "h");
}

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
//
// What a run is to do, as the command line says it and as it is once the gaps are filled in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/types.hpp"

namespace pawl::cli::bench {

enum class Kind : std::uint8_t { pair, contend, renew, hold, expire, failover };

[[nodiscard]] const std::vector<std::string>& kind_words();
[[nodiscard]] std::string_view word_of(Kind kind);

inline constexpr std::uint64_t most_connections = 20'000;
inline constexpr std::uint64_t most_depth = 1'024;  // a server reads no further by default
inline constexpr std::uint64_t most_locks = 10'000'000;
inline constexpr Milliseconds least_duration{100};
inline constexpr Milliseconds most_duration{3'600'000};

struct Plan {
  Kind kind = Kind::pair;
  std::uint64_t connections = 0;  // 0 here and below: not given
  std::uint64_t depth = 0;        // requests under way on each
  std::uint64_t locks = 0;        // of contend, hold and expire; 0 for the others
  Milliseconds duration{10'000};
  Milliseconds ttl{0};
  std::string prefix;  // of every name: bench/<random>/
};

// With everything given that its kind takes. Throws Failure: it makes no sense.
[[nodiscard]] Plan completed(Plan plan);

}  // namespace pawl::cli::bench

// SPDX-License-Identifier: Apache-2.0
//
// Numbers and durations as people write them in a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pawl/types.hpp"

namespace pawl::wire {

// The longest duration a request may name, 1000000h: more would not fit beside a Moment, which
// counts nanoseconds in 64 bits.
inline constexpr Milliseconds longest_duration{3'600'000'000'000};

// Decimal digits and nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_integer(std::string_view text);

// 250ms, 30s, 5m, 2h, or bare milliseconds; at most longest_duration.
[[nodiscard]] std::optional<Milliseconds> parse_duration(std::string_view text);

// A session's public handle: s17.
[[nodiscard]] std::optional<SessionId> parse_handle(std::string_view text);

}  // namespace pawl::wire

// SPDX-License-Identifier: Apache-2.0
//
// The words that servers and clients share. A Token where a SessionId is due does not compile.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace pawl {

// A number with a meaning of its own. Ordered, never computed with by accident.
template <class Tag>
struct Number {
  std::uint64_t value = 0;
  auto operator<=>(const Number&) const = default;
};

// Fencing token: 1 ≤ token < 2^53 (so that JSON and JavaScript keep it), strictly greater than
// every token granted before it, for any lock. An order, not a secret. 0 means none.
using Token = Number<struct TokenTag>;

inline constexpr Token last_token{(std::uint64_t{1} << 53) - 1};

// A session's public handle; written s17. 0 means none.
using SessionId = Number<struct SessionTag>;

// Spans of time in requests, replies and records. Replies carry bare milliseconds.
using Milliseconds = std::chrono::milliseconds;

}  // namespace pawl

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

#include "load/dialect.hpp"
#include "load/names.hpp"

namespace pawl::bench {

inline constexpr std::size_t secret_length = 32;

// Opens a session for each secret and leaves it: a connection has one session at a time, so that
// each takes a connection of its own, which then closes.
void open_sessions(const Dialect& dialect, std::uint16_t port, const Names& secrets,
                   std::chrono::milliseconds ttl);

}  // namespace pawl::bench

// SPDX-License-Identifier: Apache-2.0
//
// What one who asks over HTTP may take of this program. Not configurable: nothing that matters to a
// client of locks is behind this port.
#pragma once

#include <chrono>
#include <cstddef>

#include "pawl/types.hpp"

namespace pawl::server::http {

struct Limits {
  std::size_t connections = 64;    // beyond, the longest idle, or else at work, makes room
  std::size_t header = 8'192;      // bytes of the request's first lines
  Milliseconds request{5'000};     // from its first byte to its last
  Milliseconds idle{30'000};       // between two requests
  Milliseconds answering{30'000};  // until the other side has read the answer
};

}  // namespace pawl::server::http

// SPDX-License-Identifier: Apache-2.0
//
// Numbers that stay inside the server.
#pragma once

#include <cstdint>

#include "pawl/types.hpp"

namespace pawl {

// A primary's term of office. Rises at every promotion and restart.
using Epoch = Number<struct EpochTag>;

// Position of a record in the primary-backup log; the first record has index 1.
using LogIndex = Number<struct LogIndexTag>;

// Names one wait, anew each time it is made or claimed: a decision about an older number is void.
using ClaimNumber = Number<struct ClaimTag>;

// A client connection. Slots are reused, (slot, generation) is not; generation 0 means none.
struct ConnectionId {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const ConnectionId&) const = default;
  explicit operator bool() const { return generation != 0; }
};

// The n-th request of a connection, counted by the shell from 1.
using RequestNumber = std::uint32_t;

// Who asked: a connection and its request. What the log ring keeps beside a record's bytes.
struct Origin {
  ConnectionId connection;
  RequestNumber request = 0;
  bool operator==(const Origin&) const = default;
};

}  // namespace pawl

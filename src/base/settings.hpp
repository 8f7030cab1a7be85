// SPDX-License-Identifier: Apache-2.0
//
// What the core must know of the configuration. Only a primary judges by it, before it makes a
// record; applying a record never reads it. Limits marked "shell" are kept by server/.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/access.hpp"
#include "pawl/types.hpp"

namespace pawl {

struct Limits {
  std::uint32_t connections = 20'000;             // shell
  std::uint32_t connections_per_address = 1'000;  // shell; loopback exempt
  std::uint32_t line = 8'192;                     // shell; bytes with the LF
  std::uint64_t unread_output = 1'048'576;        // shell; bytes, then reading stops
  Milliseconds unread_output_for{10'000};         // shell; then the connection is closed
  std::uint32_t pipelined = 1'024;                // shell; unanswered requests, then reading stops
  Milliseconds half_line{10'000};                 // shell; half a line for so long: closed
  std::uint64_t sessions = 200'000;
  std::uint64_t locks = 5'000'000;
  std::uint64_t locks_per_session = 100'000;
  std::uint64_t waiters_per_lock = 10'000;
  std::uint64_t waiters_per_session = 10'000;
  std::uint32_t watches = 64;
  std::uint64_t memory = 2'147'483'648;  // bytes
  Milliseconds reclaim{5'000};           // an unclaimed wait keeps its place so long
};

struct Leases {
  Milliseconds default_ttl{30'000};
  Milliseconds min_ttl{50};  // one node; a cluster needs a second at least
  Milliseconds max_ttl{86'400'000};
  // After a start that may have forgotten a lock, new grants wait so long; nothing: as long as the
  // longest TTL ever granted.
  std::optional<Milliseconds> restart_grace;
};

// One of several nodes. They stand in the order of their ids, the same on each.
struct ClusterNode {
  std::string id;
  std::string client;    // host:port, where clients find it; empty for a witness
  bool witness = false;  // votes and stores, serves no clients
  bool operator==(const ClusterNode&) const = default;
};

struct Cluster {
  std::vector<ClusterNode> nodes;  // empty: one node, alone
  Milliseconds heartbeat{50};
  // A standby that hears nothing for a time between this and nine fifths of it stands for election.
  Milliseconds election{250};
  std::size_t kept_log = std::size_t{4} << 20;  // bytes in memory, for those who lag
};

enum class Durability : std::uint8_t { fsync, relaxed, none };

struct Settings {
  std::string node = "n1";
  Durability durability = Durability::none;
  Cluster cluster;
  Leases leases;
  Milliseconds session_default_ttl{10'000};
  Limits limits;
  access::Access access;
  std::uint64_t snapshot_after = std::uint64_t{64} << 20;  // bytes of log, at the least
};

}  // namespace pawl

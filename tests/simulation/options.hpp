// SPDX-License-Identifier: Apache-2.0
//
// What one seed decides about its simulation ("swarm": every fault and habit is now on, now off,
// now rare, now constant). All of it is printed when an invariant breaks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/moment.hpp"
#include "base/settings.hpp"
#include "cluster_options.hpp"
#include "disk_options.hpp"

namespace pawl::simulation {

// What a client may do next; each has a weight.
enum class Act : std::uint8_t {
  lock,
  lock_again,
  unlock,
  unlock_wrong,
  renew,
  verify,
  cancel,
  show,
  list,
  break_lock,
  keep_alive,
  close,
  disconnect,
  half_close,
  quit,
  pause,
};
inline constexpr std::size_t act_count = 16;

// What LOCKs ask for beside one exclusive lock. All zero, and no session looks for deadlocks:
// plain.
struct Kinds {
  std::uint32_t shared_permille = 0;
  std::uint32_t slot_permille = 0;
  std::uint32_t several_permille = 0;  // … names
  std::uint32_t delay_permille = 0;
  std::uint32_t max_hold_permille = 0;
  std::uint32_t deadlock_permille = 0;   // of sessions: on
  std::array<std::uint32_t, 2> slots{};  // of locks with an even number, and of the others
};

struct Options {
  std::uint64_t seed = 0;
  Span length{0};  // of phase 1
  std::uint32_t clients = 0;
  std::uint32_t locks = 0;
  std::uint32_t session_clients_permille = 0;
  std::uint32_t id_permille = 0;
  std::uint32_t tagged_permille = 0;
  std::uint32_t second_connection_permille = 0;
  Milliseconds least_ttl{0};
  Milliseconds most_ttl{0};
  Milliseconds reclaim{0};
  std::int64_t drift_permyriad = 0;  // of client clocks, at most 10 (0.1 %)
  Span most_thought{0};              // of a client between two acts
  Span least_delay{0};               // of the network
  Span most_delay{0};
  std::uint32_t late_end_permille = 0;  // of disconnects that the node notices late
  Durability durability = Durability::none;
  Span most_flush{0};
  std::uint32_t stall_permille = 0;
  Span most_stall{0};
  Span tick_lateness{0};
  std::uint32_t pauses_a_minute = 0;
  Span most_pause{0};
  std::array<std::uint32_t, act_count> weights{};
  Kinds kinds;
  std::optional<DiskOptions> disk;
  std::optional<ClusterOptions> cluster;
};

[[nodiscard]] Options draw_options(std::uint64_t seed);
[[nodiscard]] std::string to_text(const Options& options);
// One exclusive lock a LOCK, and nobody looks for deadlocks: as all seeds were once.
[[nodiscard]] Options plain(Options options);

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
//
// What one seed decides about a cluster: its shape, its clocks, disks and network, and which
// mishaps befall it how often. Each kind is now on, now off ("swarm").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/moment.hpp"

namespace pawl::simulation {

enum class Mishap : std::uint8_t {
  crash,        // one process ends, and starts again
  power_cut,    // all of them at once
  pause,        // one process is stopped for a while
  isolate,      // one node is cut off, both ways
  one_way,      // … in one direction only
  cut_pair,     // two nodes do not hear each other
  flap,         // cut and mended, again and again
  mend,         // the whole network
  break_link,   // a connection between two nodes is reset
  stuck_disk,   // a disk answers nothing for a while
  damage,       // a crash that loses durable records
  wipe,         // a node comes back with an empty disk
  handover,     // an operator's word
  drain,        // SIGTERM, then the end
  deaf_client,  // clients do not reach a node, and do not learn of it
  slow_inward,  // what other nodes send to one arrives, but late
};
inline constexpr std::size_t mishap_count = 16;

struct ClusterOptions {
  std::vector<bool> witness;         // by node
  std::int64_t drift_permyriad = 0;  // of node clocks, at most 10 (0.1 %)
  Span least_latency{0};             // between nodes
  Span most_latency{0};
  Span mean_peace{0};  // between two mishaps
  Span most_down{0};
  Span most_pause{0};
  Span most_cut{0};
  Span most_stuck{0};
  Span most_late{0};
  Span notices_cut{0};  // a connection without an answer is given up after so long
  std::uint32_t drain_in_flight_permille = 0;  // of connections that end: what was sent arrives
  std::uint32_t vote_crash_permille = 0;       // of votes during whose writing the node crashes
  std::uint32_t reign_cut_short_permille = 0;  // of elections: the new primary is struck at once
  std::size_t part_bytes = 0;                  // of a snapshot, in one message
  std::uint64_t snapshot_after = 0;
  std::size_t kept_log = 0;  // what peers lack of it comes from a snapshot
  bool heals_all = true;     // in phase 2; else a minority stays cut off
  std::array<std::uint32_t, mishap_count> weights{};

  [[nodiscard]] std::size_t nodes() const { return witness.size(); }
};

struct Options;

[[nodiscard]] Options draw_options_of_cluster(std::uint64_t seed);
[[nodiscard]] std::string to_text(const ClusterOptions& options);
[[nodiscard]] std::string to_text(Mishap mishap);

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
//
// How often what befell a cluster: a swarm that never does a thing proves nothing about it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "cluster_options.hpp"

namespace pawl::simulation {

enum class Happening : std::uint8_t {
  start,            // of a process
  blank_start,      // … that found a disk wiped after it had taken part
  damaged_start,    // … that had lost durable records
  vote_cut_short,   // a process ended while it wrote its vote
  reign_cut_short,  // a primary was struck just after its election
  election,
  epoch,  // one whose first record was committed
  hand_over,
  snapshot,     // taken in from another node
  renewal,      // RENEW or KEEPALIVE that was told OK
  expiry,       // of leases or of a session
  asked_again,  // a LOCK with an id that was asked for in an epoch before
  shared,       // grants of each kind
  slot,
  several,
  delay,     // … that ended by itself
  max_hold,  // holds that were taken back
  deadlock,  // answers
};
inline constexpr std::size_t happening_count = 18;

struct Tally {
  std::array<std::uint64_t, mishap_count> mishaps{};
  std::array<std::uint64_t, happening_count> happenings{};

  void add(Mishap one) { ++mishaps[static_cast<std::size_t>(one)]; }
  void add(Happening one, std::uint64_t times = 1) {
    happenings[static_cast<std::size_t>(one)] += times;
  }
  void add(const Tally& other);
  [[nodiscard]] std::uint64_t of(Happening one) const {
    return happenings[static_cast<std::size_t>(one)];
  }
};

[[nodiscard]] std::string to_text(Happening happening);
[[nodiscard]] std::string to_text(const Tally& tally);  // one line

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
//
// The arithmetic of an election: when to stand, who is more complete, who answered what. Timeouts
// are random, so that two seldom stand at once; the randomness is handed in as a seed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/moment.hpp"
#include "replication/log.hpp"
#include "replication/membership.hpp"

namespace pawl::replication {

struct Timing {
  Span heartbeat = std::chrono::milliseconds{50};
  // A standby that heard nothing for a time between these stands for election. A voter that heard
  // its primary within the shorter one votes for nobody else (R10).
  Span election_least = std::chrono::milliseconds{250};
  Span election_most = std::chrono::milliseconds{450};
  // A refused candidate asks again after this and a random share of a heartbeat.
  Span retry = std::chrono::milliseconds{30};
  // The connection to the primary ended: a standby stands within this.
  Span link_lost = std::chrono::milliseconds{20};
};

class Ballots {
 public:
  // A new question to all voters, asked by the one who answers yes itself.
  void open(const Membership& membership);
  // The first answer of a voter counts.
  void count(const Membership& membership, Member from, bool granted);

  [[nodiscard]] bool is_won() const { return yes_ >= majority_; }
  [[nodiscard]] bool is_lost() const { return no_ >= blocking_; }

 private:
  std::vector<bool> answered_;  // by member
  std::size_t yes_ = 0;
  std::size_t no_ = 0;
  std::size_t majority_ = 1;
  std::size_t blocking_ = 1;
};

class ElectionTimer {
 public:
  ElectionTimer(Timing timing, std::uint64_t seed) : timing_(timing), state_(seed) {}

  [[nodiscard]] const Timing& timing() const { return timing_; }
  // How long a standby waits for its primary. One voter waits for nobody; a witness thrice as long,
  // so that it stands only if nobody else does.
  [[nodiscard]] Span patience(const Membership& membership);
  [[nodiscard]] Span until_retry() { return timing_.retry + below(timing_.heartbeat); }
  // How long a candidate waits for votes, the longer the more often nobody won: soon again after a
  // split vote, but not too soon for slow disks.
  [[nodiscard]] Span for_votes(unsigned lost) { return until_retry() * (2 << std::min(lost, 3U)); }
  [[nodiscard]] Span after_link_lost() { return below(timing_.link_lost); }

 private:
  [[nodiscard]] Span below(Span most);

  Timing timing_;
  std::uint64_t state_;
};

}  // namespace pawl::replication

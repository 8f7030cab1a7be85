// SPDX-License-Identifier: Apache-2.0
#include "replication/election.hpp"

#include "replication/quorum.hpp"

namespace pawl::replication {

void Ballots::open(const Membership& membership) {
  answered_.assign(membership.size(), false);
  yes_ = no_ = 0;
  majority_ = majority_of(membership.voters());
  blocking_ = membership.voters() - majority_ + 1;
  count(membership, membership.self(), true);
}

void Ballots::count(const Membership& membership, Member from, bool granted) {
  if (!membership.is_voter(from) || answered_[from.value]) return;
  answered_[from.value] = true;
  ++(granted ? yes_ : no_);
}

Span ElectionTimer::patience(const Membership& membership) {
  if (membership.is_alone()) return Span{0};
  Span span = timing_.election_least + below(timing_.election_most - timing_.election_least);
  return membership.is_witness(membership.self()) ? 3 * span : span;
}

// splitmix64: the same on every machine.
Span ElectionTimer::below(Span most) {
  state_ += 0x9E37'79B9'7F4A'7C15u;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9u;
  z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBu;
  z ^= z >> 31;
  return most <= Span{0}
             ? Span{0}
             : Span{static_cast<std::int64_t>(z % static_cast<std::uint64_t>(most.count() + 1))};
}

}  // namespace pawl::replication

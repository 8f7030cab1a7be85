// SPDX-License-Identifier: Apache-2.0
#include "replication/rounds.hpp"

#include <algorithm>

#include "base/mutant.hpp"
#include "replication/quorum.hpp"

namespace pawl::replication {

void Rounds::start_epoch(const Membership& membership) {
  before_epoch_ = confirmed_ = sent_ = begun_;
  answered_.assign(membership.size(), {});
}

Round Rounds::begin(const Membership& membership) {
  bool joins_sent = is_mutant(Mutant::round_reused) && sent_ > confirmed_;
  if (!joins_sent && begun_ <= std::max(sent_, confirmed_)) {
    ++begun_.value;
    count(membership);
  }
  return begun_;
}

Round Rounds::send(const Membership& membership) {
  if (begun_ == sent_) static_cast<void>(begin(membership));
  sent_ = begun_;
  return sent_;
}

bool Rounds::on_answer(const Membership& membership, Member from, Round round) {
  // An answer to what was not asked in this epoch says nothing.
  if (round <= before_epoch_ || round > sent_) return false;
  Round& answered = answered_[from.value];
  if (round <= answered) return false;
  answered = round;
  return count(membership);
}

// The primary agrees with itself the moment a round begins.
bool Rounds::count(const Membership& membership) {
  voters_.clear();
  membership.each([&](Member member) {
    if (!membership.is_voter(member)) return;
    voters_.push_back(member == membership.self() ? begun_ : answered_[member.value]);
  });
  Round reached = reached_by_majority(std::span<Round>{voters_});
  if (reached <= confirmed_) return false;
  confirmed_ = reached;
  return true;
}

}  // namespace pawl::replication

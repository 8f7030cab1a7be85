// SPDX-License-Identifier: Apache-2.0
//
// Confirm rounds: "am I still the primary?", asked of a majority after the question came up. One
// round serves all who ask before it is sent; nobody joins one that is under way. Numbers are never
// used twice, and an answer counts only in the epoch that asked (R9, R19).
#pragma once

#include <vector>

#include "replication/membership.hpp"
#include "replication/message.hpp"

namespace pawl::replication {

class Rounds {
 public:
  // A new epoch: nobody has answered anything.
  void start_epoch(const Membership& membership);

  // The round to wait for, which is not sent yet. One voter has answered it at once.
  [[nodiscard]] Round begin(const Membership& membership);
  [[nodiscard]] bool is_confirmed(Round round) const {
    return round > before_epoch_ && round <= confirmed_;
  }

  // Somebody waits, and nothing is under way.
  [[nodiscard]] bool is_due() const { return begun_ > sent_ && confirmed_ >= sent_; }
  // Sends what was begun, or begins another: the number to send.
  [[nodiscard]] Round send(const Membership& membership);
  [[nodiscard]] Round sent() const { return sent_; }

  // True if a majority confirmed a further round by it.
  bool on_answer(const Membership& membership, Member from, Round round);

 private:
  bool count(const Membership& membership);

  Round before_epoch_;
  Round begun_;
  Round sent_;
  Round confirmed_;
  std::vector<Round> answered_;  // by member
  std::vector<Round> voters_;    // scratch
};

}  // namespace pawl::replication

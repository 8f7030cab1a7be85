// SPDX-License-Identifier: Apache-2.0
//
// One node's part in the primary-backup log: roles, epochs, commit by majority, confirm rounds.
// Knows nothing of locks; records are opaque. In this version the cluster has one voter, itself;
// every rule already goes through the majority arithmetic, of which one is a case.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.hpp"
#include "base/reply.hpp"
#include "replication/log.hpp"
#include "replication/quorum.hpp"

namespace pawl::replication {

// Numbers the confirm rounds of a primary; never reused (R9).
using Round = Number<struct RoundTag>;

class Replica {
 public:
  // A voter that last took part in `last_epoch`; everything up to `last` is durable and applied.
  explicit Replica(Epoch last_epoch = {}, LogIndex last = {})
      : log_(last), epoch_(last_epoch), flushed_(last), commit_(last), applied_(last) {}

  // Moves to the next epoch, elected by a majority of one, and appends its first record (R7).
  template <class Encode>
  void become_primary(Encode encode_epoch_start) {
    ensure(role_ == Role::starting);
    ++epoch_.value;
    epoch_start_ = log_.append(epoch_, {}, encode_epoch_start);
  }

  template <class Encode>
  LogIndex append(Origin origin, Encode encode) {
    ensure(epoch_start_.value != 0);
    return log_.append(epoch_, origin, encode);
  }

  // The own disk has everything up to `index` (R5). Commits what a majority has (R6).
  void on_flushed(LogIndex index);

  // The record at the next index to apply, once committed.
  [[nodiscard]] bool has_committed() const { return applied_ < commit_; }
  [[nodiscard]] Entry next_committed() const { return log_.at(LogIndex{applied_.value + 1}); }
  // Keeps the entry until the flush has handed its bytes on.
  void on_applied();

  // A round that starts now; `is_confirmed` once a majority answered it (R9, R19).
  [[nodiscard]] Round begin_round();
  [[nodiscard]] bool is_confirmed(Round round) const { return round <= confirmed_; }

  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] LogIndex last() const { return log_.last(); }
  [[nodiscard]] LogIndex commit() const { return commit_; }
  [[nodiscard]] LogIndex applied() const { return applied_; }
  [[nodiscard]] std::uint64_t in_flight() const { return log_.last().value - applied_.value; }
  [[nodiscard]] const Log& log() const { return log_; }

 private:
  Log log_;
  Epoch epoch_;
  Role role_ = Role::starting;
  LogIndex epoch_start_;
  LogIndex flushed_;
  LogIndex commit_;
  LogIndex applied_;
  Round last_round_;
  Round confirmed_;
};

}  // namespace pawl::replication

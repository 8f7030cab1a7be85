// SPDX-License-Identifier: Apache-2.0
//
// One record being applied to the table: internal to locks/. The record handlers stand in
// apply.cpp, the moves they are made of in application.cpp. Every move reports itself as a change.
#pragma once

#include "locks/lock_table.hpp"

namespace pawl::locks {

class Application {
 public:
  Application(LockTable& table, Epoch entry_epoch, Effects& out)
      : table_(table), epoch_(entry_epoch), out_(out), left_(table.left_) {}

  // Record handlers (apply.cpp).
  void operator()(const record::EpochStart& record);
  void operator()(const record::OpenSession& record);
  void operator()(const record::CloseSession& record);
  void operator()(const record::ExpireSession& record);
  void operator()(const record::Sweep& record);
  void operator()(const record::Lock& record);
  void operator()(const record::Unlock& record);
  void operator()(const record::RenewTtl& record);
  void operator()(const record::ExpireLeases& record);
  void operator()(const record::EndWaits& record);
  void operator()(const record::Unclaim& record);
  void operator()(const record::Cancel& record);
  void operator()(const record::Break& record);
  void operator()(const record::SetSlots& record);
  void operator()(const record::EndDelays& record);
  void operator()(const record::TakeBack& record);
  void operator()(const record::StateHash&) {}

  // What every record ends with.
  void grant_on_what_was_left();

 private:
  // Handlers' parts (apply.cpp).
  Answer lock_again(const record::Lock& record, Slot acquisition);
  Answer lock_anew(const record::Lock& record, Slot session);
  Answer wait_unless_deadlocked(Slot acquisition);
  void end_session(Slot session, SessionEnd end);
  void release_and_grant(Slot holder, HoldEnd end);
  void touch(Names names);
  void touch(std::span<const HoldName> holds);
  void touch(std::span<const ClaimNumber> waits);
  void turn_queues();  // a mutant's

  // Of several names in one record (several.cpp).
  Answer lock_several(const record::Lock& record, Slot session);
  Slot make_several(const record::Lock& record, Slot session);
  void unlock_several(const record::Unlock& record);
  void release_all(Slot acquisition, HoldEnd end);
  [[nodiscard]] Slot give_up_name(Slot acquisition);
  void exchange_names(Slot head, Slot sibling);
  [[nodiscard]] bool fits_elsewhere(Slot waiter);
  [[nodiscard]] bool is_known_to_block(Slot lock) const;

  // Moves (application.cpp).
  Slot make_lock(std::string_view name);
  void enqueue(Slot acquisition);
  void claim(Slot acquisition);
  void unclaim(Slot acquisition);
  void grant(Slot acquisition, bool from_queue);
  void grant_next(Slot lock);
  struct Kept {  // who stay in a queue while others of their mode pass
    std::uint32_t waiters = 0;
    Mode mode = Mode::exclusive;
  };
  [[nodiscard]] bool grant_or_keep(Slot waiter, Kept& kept);
  void grant_after(Slot acquisition);  // on each of its names
  // Likewise, once the record has ended all that it ends.
  void grant_later(Slot lock);
  void grant_later_after(Slot acquisition);
  [[nodiscard]] bool has_room(const LockEntry& lock) const;
  void release(Slot holder, HoldEnd end);  // one name
  void take_away(Slot holder, HoldEnd end);
  void end_delay(Slot delay);
  void end_wait(Slot waiter, WaitEnd end);
  void set_ttl(Slot acquisition, std::uint32_t ttl_ms);
  // Ends what dead sessions left on this lock, so that a record sees it as it is.
  void settle(Slot lock);
  void bereave(Slot head, Slot seen_at);
  // Ends up to `sweep_locks` acquisitions of a dead session; true if that was all.
  bool sweep(Slot session);

  void leave_session(Slot acquisition);
  void unlink(Slot acquisition);
  void forget(Slot acquisition);
  void forget_number(Slot acquisition);
  void forget_shared_hold(Slot acquisition);
  // What nobody needs any more: the lock, or its crowd.
  void tidy(Slot lock);

  [[nodiscard]] bool decided_here(Epoch decided_in) const { return decided_in == epoch_; }

  LockTable& table_;
  Epoch epoch_;
  Effects& out_;
  std::vector<Slot>& left_;  // locks where something ended and nobody was granted on yet
};

}  // namespace pawl::locks

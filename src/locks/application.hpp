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
      : table_(table), epoch_(entry_epoch), out_(out) {}

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
  void operator()(const record::StateHash&) {}

 private:
  // Handlers' parts (apply.cpp).
  Answer lock_again(const record::Lock& record, Slot acquisition);
  Answer lock_anew(const record::Lock& record, Slot session);
  [[nodiscard]] bool is_free(const Lock& lock, Mode mode) const;
  void end_session(Slot session, SessionEnd end);
  void release_and_grant(Slot holder, HoldEnd end);
  void touch(std::string_view name);
  void turn_queues();  // a mutant's
  [[nodiscard]] Slot standing_wait(ClaimNumber number);

  // Moves (application.cpp).
  Slot make_lock(const record::Lock& record);
  void enqueue(Slot acquisition);
  void claim(Slot acquisition);
  void unclaim(Slot acquisition);
  void grant(Slot acquisition, bool from_queue);
  void grant_next(Slot lock);
  [[nodiscard]] bool has_room(const Lock& lock) const;
  void release(Slot holder, HoldEnd end);
  void end_wait(Slot waiter, WaitEnd end);
  // Ends what dead sessions left on this lock, so that a record sees it as it is.
  void settle(Slot lock);
  // Ends up to `sweep_locks` acquisitions of a dead session; true if that was all.
  bool sweep(Slot session);

  void leave_session(Slot acquisition);
  void unlink(Slot acquisition);
  void forget(Slot acquisition);
  void forget_number(Slot acquisition);
  void forget_shared_hold(Slot acquisition);
  void forget_if_free(Slot lock);

  [[nodiscard]] bool decided_here(Epoch decided_in) const { return decided_in == epoch_; }

  LockTable& table_;
  Epoch epoch_;
  Effects& out_;
};

}  // namespace pawl::locks

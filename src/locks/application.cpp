// SPDX-License-Identifier: Apache-2.0
#include "locks/application.hpp"

#include "base/ensure.hpp"
#include "base/hash.hpp"
#include "base/mutant.hpp"

namespace pawl::locks {

Slot Application::make_lock(const record::Lock& record) {
  std::string_view name = record.names.front();
  Slot slot = table_.locks_.allocate();
  Lock& lock = table_.locks_[slot];
  lock.name = table_.names_.store(name);
  lock.name_size = static_cast<std::uint8_t>(name.size());
  lock.mark = table_.snapshot_.mark();
  table_.locks_by_name_.insert(slot, hash_text(name, table_.seed_));
  return slot;
}

void Application::enqueue(Slot slot) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  table_.snapshot_.keep_lock(acquisition.lock);
  acquisition.stage = Stage::unclaimed;
  table_.link_last(slot);
  claim(slot);
}

// A new number, so that a decision about the old one no longer stands.
void Application::claim(Slot slot) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  table_.snapshot_.keep_lock(acquisition.lock);
  if (acquisition.number != 0) {
    forget_number(slot);
    leave_session(slot);
  }
  acquisition.stage = Stage::waiting;
  if (!is_mutant(Mutant::claim_number_ignored) || acquisition.number == 0) {
    acquisition.number = ++table_.last_claim_.value;
  }
  table_.join_session(slot);
  table_.enter_claim(slot);
  out_.changes.push_back(change::Claimed{slot});
}

void Application::unclaim(Slot slot) {
  table_.snapshot_.keep_lock(table_.acquisitions_[slot].lock);
  table_.acquisitions_[slot].stage = Stage::unclaimed;
  out_.changes.push_back(change::Unclaimed{slot});
}

void Application::grant(Slot slot, bool from_queue) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  Lock& lock = table_.locks_[acquisition.lock];
  ensure(table_.admits(lock, acquisition.mode));
  table_.snapshot_.keep_lock(acquisition.lock);
  if (from_queue) {
    unlink(slot);
    forget_number(slot);
    leave_session(slot);
  }
  ensure(table_.last_token_ < last_token);
  acquisition.stage = Stage::holding;
  if (!(is_mutant(Mutant::token_reused) && from_queue)) ++table_.last_token_.value;
  acquisition.number = table_.last_token_.value;
  table_.link_last(slot);
  lock.mode = acquisition.mode;
  if (acquisition.mode != Mode::exclusive) table_.enter_shared_hold(slot);
  table_.join_session(slot);
  out_.changes.push_back(change::Granted{slot, from_queue});
}

// Claimed waiters, until one does not fit beside those who hold; unclaimed ones are passed over and
// keep their place.
void Application::grant_next(Slot at) {
  settle(at);
  const Lock& lock = table_.locks_[at];
  Slot first = is_mutant(Mutant::fifo_broken) ? lock.queue_tail : lock.queue_head;
  for (Slot slot = first; slot != no_slot && has_room(lock);) {
    const Acquisition& waiter = table_.acquisitions_[slot];
    Slot next = waiter.next;
    if (waiter.stage == Stage::waiting && table_.is_alive(waiter)) {
      if (!table_.admits(lock, waiter.mode)) break;
      grant(slot, true);
    }
    slot = next;
  }
  forget_if_free(at);
}

bool Application::has_room(const Lock& lock) const {
  return lock.holders == no_slot || table_.admits(lock, lock.mode);
}

void Application::release(Slot slot, HoldEnd end) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  table_.snapshot_.keep_lock(acquisition.lock);
  Token token = acquisition.token();
  if (acquisition.mode != Mode::exclusive) forget_shared_hold(slot);
  unlink(slot);
  leave_session(slot);
  out_.changes.push_back(change::Released{slot, token, end});
  forget(slot);
}

void Application::end_wait(Slot slot, WaitEnd end) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  table_.snapshot_.keep_lock(acquisition.lock);
  unlink(slot);
  forget_number(slot);
  leave_session(slot);
  out_.changes.push_back(change::WaitEnded{slot, end});
  forget(slot);
}

namespace {

HoldEnd hold_end(std::uint8_t session_end) {
  switch (static_cast<SessionEnd>(session_end)) {
    case SessionEnd::closed: return HoldEnd::closed;
    case SessionEnd::expired: return HoldEnd::lapsed;
    case SessionEnd::disconnected: return HoldEnd::disconnected;
  }
  return HoldEnd::lapsed;
}

WaitEnd wait_end(std::uint8_t session_end) {
  return static_cast<SessionEnd>(session_end) == SessionEnd::closed ? WaitEnd::cancelled
                                                                    : WaitEnd::session;
}

}  // namespace

// Not sliced as a sweep is: a name must be seen as it is, so all its dead end in this record. Those
// are what sweeps of more than a thousand have left there.
void Application::settle(Slot at) {
  if (table_.dead_sessions_ == 0) return;
  for (Slot slot = table_.locks_[at].holders; slot != no_slot;) {
    const Acquisition& holder = table_.acquisitions_[slot];
    Slot next = holder.next;
    if (!table_.is_alive(holder)) release(slot, hold_end(table_.sessions_[holder.session].end));
    slot = next;
  }
  for (Slot slot = table_.locks_[at].queue_head; slot != no_slot;) {
    const Acquisition& waiter = table_.acquisitions_[slot];
    Slot next = waiter.next;
    if (!table_.is_alive(waiter)) end_wait(slot, wait_end(table_.sessions_[waiter.session].end));
    slot = next;
  }
}

bool Application::sweep(Slot at) {
  const Session& session = table_.sessions_[at];
  ensure(session.dead);
  for (std::size_t budget = sweep_locks;; --budget) {
    Slot slot = session.first_wait != no_slot ? session.first_wait : session.first_hold;
    if (slot == no_slot) break;
    if (budget == 0) return false;
    Slot lock = table_.acquisitions_[slot].lock;
    if (table_.acquisitions_[slot].waits()) {
      end_wait(slot, wait_end(session.end));
    } else {
      release(slot, hold_end(session.end));
    }
    grant_next(lock);
  }
  table_.snapshot_.keep_session(at);
  table_.graveyard_.sessions.push_back(at);
  return true;
}

void Application::unlink(Slot slot) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  Lock& lock = table_.locks_[acquisition.lock];
  if (acquisition.previous != no_slot) {
    table_.acquisitions_[acquisition.previous].next = acquisition.next;
  } else if (acquisition.stage == Stage::holding) {
    lock.holders = acquisition.next;
  } else {
    lock.queue_head = acquisition.next;
  }
  if (acquisition.next != no_slot) {
    table_.acquisitions_[acquisition.next].previous = acquisition.previous;
  } else if (acquisition.stage == Stage::holding) {
    lock.last_holder = acquisition.previous;
  } else {
    lock.queue_tail = acquisition.previous;
  }
  acquisition.next = acquisition.previous = no_slot;
  if (acquisition.waits()) {
    --lock.waiters;
    --table_.waiters_;
  } else {
    --lock.holder_count;
  }
}

void Application::leave_session(Slot slot) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  if (acquisition.session == no_slot) return;
  Session& session = table_.sessions_[acquisition.session];
  bool holds = acquisition.stage == Stage::holding;
  Slot before = acquisition.session_previous;
  Slot after = acquisition.session_next;
  (before == no_slot ? (holds ? session.first_hold : session.first_wait)
                     : table_.acquisitions_[before].session_next) = after;
  (after == no_slot ? (holds ? session.last_hold : session.last_wait)
                    : table_.acquisitions_[after].session_previous) = before;
  --(holds ? session.holds : session.waits);
}

// Out of the id index; its slot is reused from the next record on.
void Application::forget(Slot slot) {
  Acquisition& acquisition = table_.acquisitions_[slot];
  if (acquisition.details != no_slot && !table_.details_[acquisition.details].id.empty()) {
    table_.by_id_.erase(acquisition.details);
  }
  acquisition.stage = Stage::free;
  table_.graveyard_.acquisitions.push_back(slot);
}

void Application::forget_number(Slot slot) {
  const Acquisition& acquisition = table_.acquisitions_[slot];
  if (acquisition.number == 0) return;
  Slot at = table_.by_claim_.find(
      hash_number(acquisition.number, table_.seed_),
      [&](const Claim& claim) { return claim.number == acquisition.claim(); });
  ensure(at != no_slot);
  table_.by_claim_.erase(at);
  table_.claims_.release(at);
}

void Application::forget_shared_hold(Slot slot) {
  Token token = table_.acquisitions_[slot].token();
  Slot at = table_.by_token_.find(hash_number(token.value, table_.seed_),
                                  [&](const SharedHold& hold) { return hold.token == token; });
  ensure(at != no_slot);
  table_.by_token_.erase(at);
  table_.shared_holds_.release(at);
}

void Application::forget_if_free(Slot slot) {
  const Lock& lock = table_.locks_[slot];
  if (lock.holders != no_slot || lock.queue_head != no_slot) return;
  table_.locks_by_name_.erase(slot);
  table_.graveyard_.locks.push_back(slot);
}

}  // namespace pawl::locks

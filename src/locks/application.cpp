// SPDX-License-Identifier: Apache-2.0
#include "locks/application.hpp"

#include <utility>

#include "base/ensure.hpp"
#include "base/hash.hpp"
#include "base/mutant.hpp"

namespace pawl::locks {

Slot Application::make_lock(std::string_view name) {
  Slot slot = table_.locks_.allocate();
  LockEntry& lock = table_.locks_[slot];
  lock.name = table_.names_.store(name);
  lock.name_size = static_cast<std::uint8_t>(name.size());
  lock.mark = table_.snapshot_.mark();
  table_.locks_by_name_.insert(slot, hash_text(name, table_.seed_));
  return slot;
}

void Application::enqueue(Slot head) {
  table_.each_name(head, [&](Slot slot) {
    table_.snapshot_.keep_lock(table_.acquisitions_[slot].lock);
    table_.acquisitions_[slot].stage = Stage::unclaimed;
    table_.link_last(slot);
  });
  claim(head);
}

// A new number, so that a decision about the old one no longer stands.
void Application::claim(Slot head) {
  std::uint64_t number = table_.acquisitions_[head].number;
  bool is_new = number == 0;
  if (!is_new) forget_number(head);
  if (is_new || !is_mutant(Mutant::claim_number_ignored)) number = ++table_.last_claim_.value;
  table_.each_name(head, [&](Slot slot) {
    AcquisitionEntry& acquisition = table_.acquisitions_[slot];
    table_.snapshot_.keep_lock(acquisition.lock);
    if (!is_new) leave_session(slot);
    acquisition.stage = Stage::waiting;
    acquisition.number = number;
    table_.join_session(slot);
  });
  table_.enter_claim(head);
  out_.changes.push_back(change::Claimed{head});
}

void Application::unclaim(Slot head) {
  table_.each_name(head, [&](Slot slot) {
    table_.snapshot_.keep_lock(table_.acquisitions_[slot].lock);
    table_.acquisitions_[slot].stage = Stage::unclaimed;
  });
  out_.changes.push_back(change::Unclaimed{head});
}

void Application::grant(Slot head, bool from_queue) {
  if (from_queue) forget_number(head);
  ensure(table_.last_token_ < last_token);
  if (!(is_mutant(Mutant::token_reused) && from_queue)) ++table_.last_token_.value;
  table_.each_name(head, [&](Slot slot) {
    if (is_mutant(Mutant::granted_in_part) && from_queue && slot != head) return;
    AcquisitionEntry& acquisition = table_.acquisitions_[slot];
    LockEntry& lock = table_.locks_[acquisition.lock];
    ensure(table_.admits(lock, acquisition.mode));
    table_.snapshot_.keep_lock(acquisition.lock);
    if (from_queue) {
      unlink(slot);
      leave_session(slot);
    }
    acquisition.stage = Stage::holding;
    acquisition.number = table_.last_token_.value;
    table_.link_last(slot);
    lock.mode = acquisition.mode;
    if (acquisition.mode != Mode::exclusive) table_.enter_shared_hold(slot);
    table_.join_session(slot);
    if (from_queue) tidy(acquisition.lock);
  });
  out_.changes.push_back(change::Granted{head, from_queue});
}

// Claimed waiters, until one does not fit beside those who hold; unclaimed ones are passed over and
// keep their place, and so does who waits for another name besides.
void Application::grant_next(Slot at) {
  settle(at);
  table_.blocking_.clear();
  const LockEntry& lock = table_.locks_[at];
  Kept kept;
  Crowd crowd = table_.crowd_of(lock);
  Slot first = is_mutant(Mutant::fifo_broken) ? crowd.queue_tail : crowd.queue_head;
  for (Slot slot = first; slot != no_slot && has_room(lock);) {
    const Acquisition waiter = table_.acquisition(slot);
    if (table_.is_claimed(waiter) && !grant_or_keep(slot, kept)) break;
    slot = waiter.next;
  }
  tidy(at);
}

// False: nobody behind it is granted either.
bool Application::grant_or_keep(Slot slot, Kept& kept) {
  const AcquisitionEntry& waiter = table_.acquisitions_[slot];
  Mode mode = waiter.mode;
  const LockEntry& lock = table_.locks_[waiter.lock];
  if (!table_.admits(lock, mode)) return false;
  if (kept.waiters != 0) {
    if (mode != kept.mode) return false;
    Crowd crowd = table_.crowd_of(lock);
    if (mode == Mode::slot && crowd.holder_count + kept.waiters >= crowd.slots) return false;
  }
  if (!waiter.several || fits_elsewhere(slot)) {
    grant(table_.head_of(slot), true);
    return true;
  }
  ++kept.waiters;
  kept.mode = mode;
  return mode != Mode::exclusive;
}

void Application::grant_after(Slot head) {
  table_.each_name(head, [&](Slot slot) { grant_next(table_.acquisitions_[slot].lock); });
}

bool Application::has_room(const LockEntry& lock) const {
  return lock.holders == no_slot || table_.admits(lock, lock.mode);
}

void Application::release(Slot slot, HoldEnd end) {
  take_away(table_.acquisitions_[slot].several ? give_up_name(slot) : slot, end);
}

namespace {

bool is_unclean(HoldEnd end) {
  if (is_mutant(Mutant::delay_after_unlock)) return true;
  return end != HoldEnd::unlocked && end != HoldEnd::closed;
}

}  // namespace

void Application::take_away(Slot slot, HoldEnd end) {
  const AcquisitionEntry& acquisition = table_.acquisitions_[slot];
  table_.snapshot_.keep_lock(acquisition.lock);
  Token token = acquisition.token();
  if (acquisition.mode != Mode::exclusive) forget_shared_hold(slot);
  unlink(slot);
  leave_session(slot);
  out_.changes.push_back(change::Released{slot, token, end});
  forget(slot);
  const Details* details = table_.details(table_.ties_of(acquisition).details);
  if (details == nullptr || details->delay_ms == 0 || !is_unclean(end)) return;
  if (is_mutant(Mutant::delay_forgotten)) return;
  Slot delay = table_.make_delay(acquisition.lock, acquisition.mode, token, details->delay_ms);
  out_.changes.push_back(change::Delayed{delay});
}

void Application::end_delay(Slot slot) {
  const AcquisitionEntry& delay = table_.acquisitions_[slot];
  table_.snapshot_.keep_lock(delay.lock);
  if (delay.mode != Mode::exclusive) forget_shared_hold(slot);
  unlink(slot);
  --table_.delays_;
  out_.changes.push_back(change::DelayEnded{slot});
  forget(slot);
}

void Application::end_wait(Slot head, WaitEnd end) {
  forget_number(head);
  table_.each_name(head, [&](Slot slot) {
    table_.snapshot_.keep_lock(table_.acquisitions_[slot].lock);
    unlink(slot);
    leave_session(slot);
    forget(slot);
  });
  out_.changes.push_back(change::WaitEnded{head, end});
}

void Application::set_ttl(Slot head, std::uint32_t ttl_ms) {
  table_.each_name(head, [&](Slot slot) {
    table_.snapshot_.keep_lock(table_.acquisitions_[slot].lock);
    table_.acquisitions_[slot].ttl_ms = ttl_ms;
  });
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
    const Acquisition holder = table_.acquisition(slot);
    if (!table_.is_alive(holder)) release(slot, hold_end(table_.sessions_[holder.session].end));
    slot = holder.next;
  }
  for (Slot slot = table_.lock(at).queue_head; slot != no_slot;) {
    const Acquisition waiter = table_.acquisition(slot);
    if (!table_.is_alive(waiter)) {
      Slot head = table_.head_of(slot);
      end_wait(head, wait_end(table_.sessions_[waiter.session].end));
      bereave(head, at);
    }
    slot = waiter.next;
  }
}

// The other names of a dead wait that ended because it was seen at one.
void Application::bereave(Slot head, Slot seen_at) {
  table_.each_name(head, [&](Slot one) {
    Slot lock = table_.acquisitions_[one].lock;
    if (lock == seen_at) return;
    tidy(lock);
    grant_later(lock);
  });
}

// A queue is walked once by a record, not once for each that the record ends there. Where there is
// no crowd there is no queue.
void Application::grant_later(Slot lock) {
  if (Slot crowd = table_.locks_[lock].crowd; crowd != no_slot) {
    std::uint32_t& seen = table_.crowds_[crowd].seen;
    if (seen < left_.size() && left_[seen] == lock) return;
    seen = static_cast<std::uint32_t>(left_.size());
  }
  left_.push_back(lock);
}

void Application::grant_later_after(Slot head) {
  table_.each_name(head, [&](Slot slot) { grant_later(table_.acquisitions_[slot].lock); });
}

// Whoever stood behind a dead wait for several names is among them, on all its names, though the
// record saw but one: no later record may come to see the others.
void Application::grant_on_what_was_left() {
  for (std::size_t at = 0; at < left_.size(); ++at) grant_next(left_[at]);
  left_.clear();
}

bool Application::sweep(Slot at) {
  const Session& session = table_.sessions_[at];
  ensure(session.dead);
  for (std::size_t ended = 0; ended < sweep_locks; ++ended) {
    if (session.first_wait != no_slot) {
      Slot head = table_.head_of(session.first_wait);
      if (table_.acquisitions_[head].several) ended += table_.details_of(head).names - 1u;
      end_wait(head, wait_end(session.end));
      grant_later_after(head);
    } else if (session.first_hold != no_slot) {
      Slot lock = table_.acquisitions_[session.first_hold].lock;
      release(session.first_hold, hold_end(session.end));
      grant_later(lock);
    } else {
      break;
    }
  }
  grant_on_what_was_left();
  if (session.first_wait != no_slot || session.first_hold != no_slot) return false;
  table_.snapshot_.keep_session(at);
  table_.graveyard_.sessions.push_back(at);
  return true;
}

void Application::unlink(Slot slot) {
  const AcquisitionEntry& acquisition = table_.acquisitions_[slot];
  LockEntry& lock = table_.locks_[acquisition.lock];
  if (lock.crowd == no_slot) {
    ensure(lock.holders == slot);
    lock.holders = no_slot;
    return;
  }
  Crowd& crowd = table_.crowds_[lock.crowd];
  bool waits = acquisition.waits();
  Ties apart;
  Ties& ties = acquisition.ties == no_slot ? apart : table_.ties_[acquisition.ties];
  Slot before = std::exchange(ties.previous, no_slot);
  Slot after = std::exchange(ties.next, no_slot);
  (before == no_slot ? (waits ? crowd.queue_head : lock.holders) : table_.tie(before).next) = after;
  (after == no_slot ? (waits ? crowd.queue_tail : crowd.last_holder) : table_.tie(after).previous) =
      before;
  --(waits ? crowd.waiters : crowd.holder_count);
  if (waits) --table_.waiters_;
}

void Application::leave_session(Slot slot) {
  const AcquisitionEntry& acquisition = table_.acquisitions_[slot];
  if (acquisition.leased) return;
  Session& session = table_.sessions_[acquisition.owner];
  bool holds = acquisition.stage == Stage::holding;
  const Ties& ties = table_.ties_[acquisition.ties];
  Slot before = ties.session_previous;
  Slot after = ties.session_next;
  (before == no_slot ? (holds ? session.first_hold : session.first_wait)
                     : table_.tie(before).session_next) = after;
  (after == no_slot ? (holds ? session.last_hold : session.last_wait)
                    : table_.tie(after).session_previous) = before;
  --(holds ? session.holds : session.waits);
}

// Out of the id index; its slot is reused from the next record on.
void Application::forget(Slot slot) {
  AcquisitionEntry& acquisition = table_.acquisitions_[slot];
  Slot details = table_.ties_of(acquisition).details;
  if (details != no_slot && !table_.details_[details].id.empty()) table_.by_id_.erase(details);
  acquisition.stage = Stage::free;
  table_.graveyard_.acquisitions.push_back(slot);
}

void Application::forget_number(Slot slot) {
  const AcquisitionEntry& acquisition = table_.acquisitions_[slot];
  if (acquisition.number == 0) return;
  Slot at = table_.by_claim_.find(
      hash_number(acquisition.number, table_.seed_),
      [&](const Claim& claim) { return claim.number == acquisition.claim(); });
  ensure(at != no_slot);
  table_.by_claim_.erase(at);
  table_.claims_.release(at);
}

void Application::forget_shared_hold(Slot slot) {
  std::uint64_t number = table_.acquisitions_[slot].number;
  Slot at = table_.by_token_.find(hash_number(number, table_.seed_),
                                  [&](const SharedHold& hold) { return hold.acquisition == slot; });
  ensure(at != no_slot);
  table_.by_token_.erase(at);
  table_.shared_holds_.release(at);
}

void Application::tidy(Slot slot) {
  LockEntry& lock = table_.locks_[slot];
  if (lock.forgotten) return;
  if (lock.crowd != no_slot) {
    const Crowd& crowd = table_.crowds_[lock.crowd];
    bool is_free = crowd.holder_count + crowd.waiters == 0;
    if (!is_free && crowd.is_needless()) table_.dismiss_crowd(lock);
    if (!is_free) return;
  } else if (lock.holders != no_slot) {
    return;
  }
  lock.forgotten = true;
  table_.locks_by_name_.erase(slot);
  table_.graveyard_.locks.push_back(slot);
}

}  // namespace pawl::locks

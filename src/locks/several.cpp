// SPDX-License-Identifier: Apache-2.0
//
// Several names in one LOCK: all or none, one token, one place in every queue.
#include "base/mutant.hpp"
#include "locks/application.hpp"

namespace pawl::locks {

Answer Application::lock_several(const record::Lock& record, Slot session) {
  Slot taken = no_slot;
  for (std::string_view name : record.names) {
    Slot at = table_.find_lock(name);
    if (at == no_slot) continue;
    if (table_.differs_in_slots(at, record.mode, record.slots)) {
      return {.verdict = Verdict::other_slots};
    }
    if (taken == no_slot && !table_.fits(table_.locks_[at], record.mode, no_slot)) taken = at;
  }
  if (taken != no_slot && !record.wait) return {.verdict = Verdict::busy, .lock = taken};
  Slot head = make_several(record, session);
  if (taken == no_slot) {
    grant(head, false);
    return {.verdict = Verdict::granted, .acquisition = head};
  }
  enqueue(head);
  return wait_unless_deadlocked(head);
}

Slot Application::make_several(const record::Lock& record, Slot session) {
  Slot head = no_slot;
  Slot last = no_slot;
  std::uint16_t position = 0;
  for (std::string_view name : record.names) {
    Slot lock = table_.find_lock(name);
    if (lock == no_slot) lock = make_lock(name);
    table_.snapshot_.keep_lock(lock);
    if (record.mode == Mode::slot) table_.name_slots(lock, record.slots);
    Slot slot = table_.make_acquisition(record, lock, session);
    table_.acquisitions_[slot].several = true;
    Details& details = table_.details_of(slot);
    details.names = static_cast<std::uint16_t>(record.names.size());
    details.position = position++;
    table_.chain(last, slot);
    if (head == no_slot) head = slot;
    last = slot;
  }
  return head;
}

void Application::unlock_several(const record::Unlock& record) {
  for (std::string_view name : record.names) {
    Slot slot = table_.find_holder(name, record.token);
    if (slot == no_slot) {
      out_.answer.verdict = Verdict::not_held;
      return;
    }
    Slot session = table_.acquisitions_[slot].owning_session();
    if (session != no_slot && table_.sessions_[session].id != record.session) {
      out_.answer.verdict = Verdict::no_session;
      return;
    }
  }
  out_.answer.verdict = Verdict::done;
  for (std::string_view name : record.names) {
    Slot slot = table_.find_holder(name, record.token);
    grant_later(table_.acquisitions_[slot].lock);
    release(slot, HoldEnd::unlocked);
  }
}

// All that is still held of it, before anything of it is anybody else's.
void Application::release_all(Slot slot, HoldEnd end) {
  table_.each_name(table_.head_of(slot), [&](Slot one) {
    grant_later(table_.acquisitions_[one].lock);
    take_away(one, end);
  });
}

// Takes one name out of a grant, for itself: which acquisition has it now. The head stays what it
// is, for whoever knows the grant by it: it takes the next name in exchange.
Slot Application::give_up_name(Slot slot) {
  Slot given = slot;
  if (Slot sibling = table_.sibling_of(slot); table_.head_of(slot) == slot && sibling != no_slot) {
    exchange_names(slot, sibling);
    given = sibling;
  }
  Details& own = table_.details_of(given);
  if (own.previous_sibling != no_slot) {
    table_.details_of(own.previous_sibling).sibling = own.sibling;
  }
  if (own.sibling != no_slot) {
    table_.details_of(own.sibling).previous_sibling = own.previous_sibling;
  }
  own.sibling = own.previous_sibling = no_slot;
  return given;
}

void Application::exchange_names(Slot head, Slot sibling) {
  AcquisitionEntry& one = table_.acquisitions_[head];
  AcquisitionEntry& other = table_.acquisitions_[sibling];
  Ties& ties = table_.tie(head);
  Ties& other_ties = table_.tie(sibling);
  table_.snapshot_.keep_lock(one.lock);
  table_.snapshot_.keep_lock(other.lock);
  bool has_id = !table_.details_of(head).id.empty();
  if (has_id) {
    table_.by_id_.erase(ties.details);
    table_.by_id_.erase(other_ties.details);
  }
  std::swap(one.lock, other.lock);
  std::swap(ties.next, other_ties.next);
  std::swap(ties.previous, other_ties.previous);
  std::swap(table_.details_of(head).position, table_.details_of(sibling).position);
  for (Slot slot : {head, sibling}) {
    const Acquisition moved = table_.acquisition(slot);
    LockEntry& lock = table_.locks_[moved.lock];
    (moved.previous == no_slot ? lock.holders : table_.tie(moved.previous).next) = slot;
    if (moved.next != no_slot) {
      table_.tie(moved.next).previous = slot;
    } else if (lock.crowd != no_slot) {
      table_.crowds_[lock.crowd].last_holder = slot;
    }
    if (has_id) table_.enter_id(slot);
  }
}

// While one queue is walked nothing is given back, all queues have the same order, and who passes
// one that stays is of its mode: where one did not fit, none behind it does.
bool Application::fits_elsewhere(Slot waiter) {
  Mode mode = table_.acquisitions_[waiter].mode;
  auto find = [&](auto is_in_the_way) {
    Slot slot = table_.head_of(waiter);
    while (slot != no_slot && !is_in_the_way(slot)) slot = table_.sibling_of(slot);
    return slot;
  };
  auto lock_at = [&](Slot slot) { return table_.acquisitions_[slot].lock; };
  Slot& before = table_.details_of(table_.head_of(waiter)).did_not_fit;
  if (before != no_slot && is_known_to_block(lock_at(before))) return false;
  Slot there = find([&](Slot slot) { return is_known_to_block(lock_at(slot)); });
  if (there != no_slot) {
    before = there;
    return false;
  }
  there = find([&](Slot slot) { return !table_.admits(table_.locks_[lock_at(slot)], mode); });
  if (there == no_slot) {
    there = find([&](Slot slot) {
      return slot != waiter && !table_.fits(table_.locks_[lock_at(slot)], mode, slot);
    });
  }
  if (there == no_slot) return true;
  // It has a crowd: whoever waits for several names is in the queue of each.
  const Crowd& crowd = table_.crowds_[table_.locks_[lock_at(there)].crowd];
  crowd.seen = static_cast<std::uint32_t>(table_.blocking_.size());
  table_.blocking_.push_back(lock_at(there));
  before = there;
  return false;
}

bool Application::is_known_to_block(Slot at) const {
  std::uint32_t seen = table_.lock(at).seen;
  return seen < table_.blocking_.size() && table_.blocking_[seen] == at;
}

}  // namespace pawl::locks

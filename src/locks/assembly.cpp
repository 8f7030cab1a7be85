// SPDX-License-Identifier: Apache-2.0
//
// How an acquisition is put together and linked in: shared by applying records and by restoring.
#include "base/hash.hpp"
#include "locks/lock_table.hpp"

namespace pawl::locks {

Slot LockTable::make_acquisition(const record::Lock& record, Slot lock, Slot session) {
  Slot slot = acquisitions_.allocate();
  AcquisitionEntry& acquisition = acquisitions_[slot];
  acquisition.lock = lock;
  acquisition.mode = record.mode;
  acquisition.ttl_ms = record.ttl_ms;
  acquisition.set_stamp(record.stamp_ms);
  acquisition.leased = session == no_slot;
  acquisition.owner = acquisition.leased ? client_of(record.user, record.address) : session;
  bool plain = record.id.empty() && record.note.empty() && record.delay_ms == 0 &&
               record.max_hold_ms == 0 && record.names.size() <= 1;
  if (!plain) {
    Details& details = details_of(slot);
    details.slots = static_cast<std::uint16_t>(record.slots);
    details.delay_ms = record.delay_ms;
    details.max_hold_ms = record.max_hold_ms;
    details.id = record.id;
    details.note = record.note;
    text_bytes_ += details.bytes();
    if (!record.id.empty()) enter_id(slot);
  }
  return slot;
}

// By all that it is unique in: many call theirs "1".
void LockTable::enter_id(Slot slot) {
  const Acquisition one = acquisition(slot);
  SessionId session = one.leased ? SessionId{} : sessions_[one.session].id;
  std::uint32_t hash = id_hash(session, name_of(one.lock), details_[one.details].id);
  by_id_.insert(one.details, hash);
}

std::uint32_t LockTable::id_hash(SessionId session, std::string_view name,
                                 std::string_view id) const {
  std::uint32_t of_scope =
      session.value != 0 ? hash_number(session.value, seed_) : hash_text(name, seed_);
  return hash_text(id, seed_ ^ of_scope);
}

Details& LockTable::details_of(Slot slot) {
  Slot& at = tie(slot).details;
  if (at == no_slot) {
    at = details_.allocate();
    details_[at].acquisition = slot;
  }
  return details_[at];
}

// The next of several names, behind the one before.
void LockTable::chain(Slot last, Slot slot) {
  Details& own = details_of(slot);
  own.previous_sibling = last;
  if (last == no_slot) {
    own.head = slot;
    return;
  }
  Details& before = details_of(last);
  before.sibling = slot;
  own.head = before.head;
}

// What a lost hold leaves among the holders: no owner, and the token that was lost.
Slot LockTable::make_delay(Slot lock, Mode mode, Token token, std::uint32_t delay_ms) {
  Slot slot = acquisitions_.allocate();
  AcquisitionEntry& delay = acquisitions_[slot];
  delay.lock = lock;
  delay.mode = mode;
  delay.number = token.value;
  delay.ttl_ms = delay_ms;
  delay.stage = Stage::delaying;
  ++delays_;
  link_last(slot);
  if (mode != Mode::exclusive) enter_shared_hold(slot);
  return slot;
}

// Its session's lists are linked once all are there, in the order of numbers.
void LockTable::restore_acquisition(const record::Lock& record, Slot lock, Slot session,
                                    const Restored& as) {
  Slot slot = make_acquisition(record, lock, session);
  AcquisitionEntry& acquisition = acquisitions_[slot];
  acquisition.stage = as.stage;
  acquisition.number = as.number;
  link_last(slot);
  if (as.names > 1) {  // linked, and given their claim, once all are there
    acquisition.several = true;
    Details& details = details_of(slot);
    details.slots = static_cast<std::uint16_t>(record.slots);
    details.names = as.names;
    details.position = as.position;
  }
  if (acquisition.waits()) {
    if (!acquisition.several) enter_claim(slot);
  } else if (acquisition.mode != Mode::exclusive) {
    enter_shared_hold(slot);
  }
}

void LockTable::enter_claim(Slot slot) {
  Slot at = claims_.allocate();
  claims_[at].number = acquisitions_[slot].claim();
  claims_[at].acquisition = slot;
  by_claim_.insert(at, hash_number(acquisitions_[slot].number, seed_));
}

void LockTable::enter_shared_hold(Slot slot) {
  Slot at = shared_holds_.allocate();
  shared_holds_[at].token = Token{acquisitions_[slot].number};
  shared_holds_[at].acquisition = slot;
  by_token_.insert(at, hash_number(acquisitions_[slot].number, seed_));
}

// Behind the other holders, or at the end of the queue, as its stage says.
void LockTable::link_last(Slot slot) {
  const AcquisitionEntry& acquisition = acquisitions_[slot];
  LockEntry& lock = locks_[acquisition.lock];
  bool waits = acquisition.waits();
  if (!waits && lock.holders == no_slot && lock.crowd == no_slot) {
    lock.holders = slot;
    return;
  }
  Crowd& crowd = gather_crowd(acquisition.lock);
  Slot last = waits ? crowd.queue_tail : crowd.last_holder;
  if (waits) {
    if (last == no_slot) crowd.queue_head = slot;
    crowd.queue_tail = slot;
    ++crowd.waiters;
    ++waiters_;
  } else {
    if (last == no_slot) lock.holders = slot;
    crowd.last_holder = slot;
    ++crowd.holder_count;
  }
  if (last == no_slot) return;
  tie(slot).previous = last;
  tie(last).next = slot;
}

Ties& LockTable::tie(Slot slot) {
  Slot& ties = acquisitions_[slot].ties;
  if (ties == no_slot) ties = ties_.allocate();
  return ties_[ties];
}

Crowd& LockTable::gather_crowd(Slot at) {
  LockEntry& lock = locks_[at];
  if (lock.crowd == no_slot) {
    Crowd alone = crowd_of(lock);
    lock.crowd = crowds_.allocate();
    crowds_[lock.crowd] = alone;
  }
  return crowds_[lock.crowd];
}

void LockTable::dismiss_crowd(LockEntry& lock) {
  crowds_.release(lock.crowd);
  lock.crowd = no_slot;
}

// As a LOCK with mode=slot gives them: they count unless an operator has set others.
void LockTable::name_slots(Slot lock, std::uint32_t slots) {
  Crowd& crowd = gather_crowd(lock);
  if (!crowd.slots_set) crowd.slots = static_cast<std::uint16_t>(slots);
}

// At the end of its session's holds or waits: its number is the newest there.
void LockTable::join_session(Slot slot) {
  const AcquisitionEntry& acquisition = acquisitions_[slot];
  if (acquisition.leased) return;
  Session& session = sessions_[acquisition.owner];
  bool holds = acquisition.stage == Stage::holding;
  Slot& first = holds ? session.first_hold : session.first_wait;
  Slot& last = holds ? session.last_hold : session.last_wait;
  Ties& ties = tie(slot);
  ties.session_previous = last;
  ties.session_next = no_slot;
  (last == no_slot ? first : tie(last).session_next) = slot;
  last = slot;
  ++(holds ? session.holds : session.waits);
}

Slot LockTable::client_of(std::string_view user, std::string_view address) {
  auto is_it = [&](const Client& client) {
    return client.references != 0 && client.address == address && client.user == user;
  };
  if (last_client_ != no_slot && is_it(clients_[last_client_])) {
    ++clients_[last_client_].references;
    return last_client_;
  }
  std::uint32_t hash = hash_text(address, seed_);
  Slot slot = clients_by_address_.find(hash, is_it);
  if (slot == no_slot) {
    slot = clients_.allocate();
    clients_[slot].user = user;
    clients_[slot].address = address;
    text_bytes_ += clients_[slot].bytes();
    clients_by_address_.insert(slot, hash);
  }
  ++clients_[slot].references;
  return last_client_ = slot;
}

}  // namespace pawl::locks

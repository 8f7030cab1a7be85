// SPDX-License-Identifier: Apache-2.0
#include "locks/lock_table.hpp"

#include <algorithm>

#include "base/ensure.hpp"
#include "base/hash.hpp"
#include "base/mutant.hpp"
#include "locks/application.hpp"

namespace pawl::locks {

LockTable::LockTable(std::uint64_t hash_seed) : seed_(hash_seed), spent_(hash_seed) {}

void LockTable::apply(Epoch entry_epoch, const Record& record, Effects& out) {
  bury();
  out.clear();
  Application application{*this, entry_epoch, out};
  std::visit(application, record);
  application.grant_on_what_was_left();
}

void LockTable::begin_snapshot() {
  bury();
  snapshot_.begin();
}

bool LockTable::write_snapshot(std::string& out, std::size_t budget) {
  return snapshot_.write(out, budget);
}

void LockTable::bury() {
  for (Slot slot : graveyard_.locks) {
    LockEntry& lock = locks_[slot];
    if (lock.crowd != no_slot) dismiss_crowd(lock);
    names_.release(lock.name, lock.name_size);
    locks_.release(slot);
  }
  graveyard_.locks.clear();
  for (Slot slot : graveyard_.acquisitions) {
    const AcquisitionEntry& acquisition = acquisitions_[slot];
    if (acquisition.ties != no_slot) {
      if (Slot details = ties_[acquisition.ties].details; details != no_slot) {
        text_bytes_ -= details_[details].bytes();
        details_.release(details);
      }
      ties_.release(acquisition.ties);
    }
    Slot client = acquisition.owning_client();
    if (client != no_slot && --clients_[client].references == 0) {
      clients_by_address_.erase(client);
      text_bytes_ -= clients_[client].bytes();
      clients_.release(client);
    }
    acquisitions_.release(slot);
  }
  graveyard_.acquisitions.clear();
  for (Slot slot : graveyard_.sessions) {
    by_session_id_.erase(slot);
    text_bytes_ -= sessions_[slot].bytes();
    sessions_.release(slot);
  }
  graveyard_.sessions.clear();
}

Slot LockTable::find_lock(std::string_view name) const {
  return locks_by_name_.find(hash_text(name, seed_), [&](const LockEntry& lock) {
    return names_.view(lock.name, lock.name_size) == name;
  });
}

Slot LockTable::find_holder(std::string_view name, Token token) const {
  Slot at = find_lock(name);
  if (at == no_slot) return no_slot;
  Slot slot = locks_[at].holders;
  if (slot == no_slot) return no_slot;
  if (locks_[at].mode != Mode::exclusive) slot = find_shared_hold(at, token);
  if (slot == no_slot) return no_slot;
  const AcquisitionEntry& holder = acquisitions_[slot];
  bool is_it = holder.token() == token || is_mutant(Mutant::stale_unlock);
  return is_it && holder.stage == Stage::holding && is_alive(holder) ? slot : no_slot;
}

Slot LockTable::find_delay(std::string_view name, Token token) const {
  Slot at = find_lock(name);
  if (at == no_slot || locks_[at].holders == no_slot) return no_slot;
  bool is_exclusive = locks_[at].mode == Mode::exclusive;
  Slot slot = is_exclusive ? locks_[at].holders : find_shared_hold(at, token);
  if (slot == no_slot) return no_slot;
  const AcquisitionEntry& one = acquisitions_[slot];
  return one.stage == Stage::delaying && one.number == token.value ? slot : no_slot;
}

Slot LockTable::find_shared_hold(Slot lock, Token token) const {
  Slot at = by_token_.find(hash_number(token.value, seed_), [&](const SharedHold& hold) {
    return hold.token == token && acquisitions_[hold.acquisition].lock == lock;
  });
  return at == no_slot ? no_slot : shared_holds_[at].acquisition;
}

Slot LockTable::find_id(Slot session, std::string_view user, std::string_view name,
                        std::string_view id) const {
  SessionId scope = session == no_slot ? SessionId{} : sessions_[session].id;
  Slot at = by_id_.find(id_hash(scope, name, id), [&](const Details& details) {
    const AcquisitionEntry& one = acquisitions_[details.acquisition];
    if (details.id != id || one.owning_session() != session) return false;
    if (session != no_slot) return true;
    return clients_[one.owner].user == user && name_of(one.lock) == name;
  });
  return at == no_slot ? no_slot : details_[at].acquisition;
}

Slot LockTable::find_id(Slot session, std::string_view user, Names names,
                        std::string_view id) const {
  for (std::string_view name : names) {
    if (Slot slot = find_id(session, user, name, id); slot != no_slot) return head_of(slot);
  }
  return no_slot;
}

bool LockTable::is_spent(Slot session, std::string_view user, Names names,
                         std::string_view id) const {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return is_spent(session, user, name, id); });
}

bool LockTable::is_one_of(std::string_view name, Slot head) const {
  Slot lock = find_lock(name);
  for (Slot slot = head; slot != no_slot; slot = sibling_of(slot)) {
    if (acquisitions_[slot].lock == lock) return true;
  }
  return false;
}

Verdict LockTable::recognise(Slot slot, Names names, Mode mode, std::uint32_t slots) const {
  const Acquisition one = acquisition(slot);
  const Details& known = details_[one.details];
  if (one.mode != mode || known.slots != slots || known.names != names.size()) {
    return Verdict::mismatch;
  }
  if (!one.several) {
    return name_of(one.lock) == names.front() ? Verdict::none : Verdict::mismatch;
  }
  std::vector<Slot> left;
  each_name(head_of(slot), [&](Slot member) { left.push_back(acquisitions_[member].lock); });
  std::sort(left.begin(), left.end());
  auto is_left = [&](std::string_view name) {
    Slot at = find_lock(name);
    return at != no_slot && std::binary_search(left.begin(), left.end(), at);
  };
  auto found = static_cast<std::size_t>(std::count_if(names.begin(), names.end(), is_left));
  if (found != left.size()) return Verdict::mismatch;
  return found == names.size() ? Verdict::none : Verdict::not_held;
}

bool LockTable::is_spent(Slot session, std::string_view user, std::string_view name,
                         std::string_view id) const {
  SessionId scope = session == no_slot ? SessionId{} : sessions_[session].id;
  return spent_.contains({scope, user, name}, id);
}

Slot LockTable::find_session(SessionId id) const {
  return by_session_id_.find(hash_number(id.value, seed_), [&](const Session& session) {
    return session.id == id && !session.dead;
  });
}

Slot LockTable::find_session(std::string_view secret) const {
  return by_secret_.find(hash_text(secret, seed_),
                         [&](const Session& session) { return session.secret == secret; });
}

Slot LockTable::find_wait(ClaimNumber number) const {
  Slot at = by_claim_.find(hash_number(number.value, seed_),
                           [&](const Claim& claim) { return claim.number == number; });
  return at == no_slot ? no_slot : claims_[at].acquisition;
}

std::string_view LockTable::name_of(Slot lock) const {
  return names_.view(locks_[lock].name, locks_[lock].name_size);
}

bool LockTable::is_alive(const AcquisitionEntry& acquisition) const {
  return acquisition.leased || !sessions_[acquisition.owner].dead;
}

bool LockTable::may_be_free(std::string_view name, Mode mode) const {
  Slot at = find_lock(name);
  if (at == no_slot) return true;
  return has_dead(locks_[at]) || fits(locks_[at], mode, no_slot);
}

Slot LockTable::lock_in_the_way_of(Slot waiter) const {
  for (Slot slot = head_of(waiter); slot != no_slot; slot = sibling_of(slot)) {
    const AcquisitionEntry& one = acquisitions_[slot];
    if (!fits(locks_[one.lock], one.mode, slot)) return one.lock;
  }
  return acquisitions_[waiter].lock;  // unclaimed, it may be in nobody's way and nobody in its
}

bool LockTable::has_dead(const LockEntry& lock) const {
  if (dead_sessions_ == 0) return false;
  for (Slot first : {lock.holders, crowd_of(lock).queue_head}) {
    for (Slot slot = first; slot != no_slot; slot = acquisition(slot).next) {
      if (!is_alive(acquisitions_[slot])) return true;
    }
  }
  return false;
}

bool LockTable::fits(const LockEntry& lock, Mode mode, Slot before) const {
  if (!admits(lock, mode)) return false;
  Crowd crowd = crowd_of(lock);
  std::uint32_t ahead = 0;
  for (Slot slot = crowd.queue_head; slot != before && slot != no_slot;) {
    const Acquisition waiter = acquisition(slot);
    slot = waiter.next;
    if (!is_claimed(waiter)) continue;
    if (is_mutant(Mutant::writer_starved) && mode == Mode::shared) continue;
    if (mode == Mode::exclusive || waiter.mode != mode) return false;
    if (mode == Mode::slot && crowd.holder_count + ++ahead >= crowd.slots) return false;
  }
  return true;
}

std::size_t LockTable::memory() const {
  return names_.memory() + locks_.memory() + crowds_.memory() + acquisitions_.memory() +
         ties_.memory() + details_.memory() + claims_.memory() + shared_holds_.memory() +
         clients_.memory() + sessions_.memory() + spent_.memory() + text_bytes_ +
         4 * (locks_.size() + details_.size() + claims_.size() + shared_holds_.size() +
              2 * sessions_.size());
}

}  // namespace pawl::locks

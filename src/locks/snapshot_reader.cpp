// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>
#include <vector>

#include "base/hash.hpp"
#include "locks/lock_table.hpp"
#include "locks/snapshot.hpp"
#include "locks/snapshot_item.hpp"

namespace pawl::locks {

bool SnapshotReader::feed(std::string_view bytes) {
  rest_.append(bytes);
  std::size_t done = 0;
  for (;;) {
    std::string_view left = std::string_view{rest_}.substr(done);
    ByteReader in{left};
    std::uint64_t size = in.number();
    if (in.ok() && size > longest_item) return false;
    if (!in.ok() || size > in.rest().size()) {
      if (!in.ok() && left.size() >= 10) return false;  // no number is longer
      break;
    }
    if (!read_item(in.rest().substr(0, size))) return false;
    done += left.size() - in.rest().size() + size;
  }
  rest_.erase(0, done);
  return true;
}

bool SnapshotReader::finish() {
  if (!rest_.empty() || !has_head_) return false;
  if (sessions_left_ != 0 || locks_left_ != 0 || spent_left_ != 0) return false;
  for (Slot slot = 0; slot < table_.sessions_.end(); ++slot) {
    if (table_.sessions_[slot].secret.empty()) return false;  // named by a lock, never described
  }
  link_sessions();
  return link_several();
}

bool SnapshotReader::read_item(std::string_view item) {
  ByteReader in{item};
  auto kind = static_cast<ItemKind>(in.byte());
  if (has_head_ == (kind == ItemKind::head)) return false;  // the head, once, first
  bool read = false;
  switch (kind) {
    case ItemKind::head: read = read_head(in); break;
    case ItemKind::session: read = read_session(in); break;
    case ItemKind::lock: read = read_lock(in); break;
    case ItemKind::spent: read = read_spent(in); break;
  }
  return read && in.ok() && in.at_end();
}

bool SnapshotReader::read_head(ByteReader& in) {
  has_head_ = true;
  table_.last_token_ = Token{in.number()};
  table_.last_claim_ = ClaimNumber{in.number()};
  table_.last_session_ = SessionId{in.number()};
  std::uint64_t oldest = in.number();
  sessions_left_ = in.number();
  locks_left_ = in.number();
  spent_left_ = in.number();
  if (spent_left_ > SpentIds::capacity || oldest >= SpentIds::capacity) return false;
  table_.spent_.restore_size(static_cast<Slot>(spent_left_), static_cast<Slot>(oldest));
  return table_.last_token_ <= last_token;
}

// The session's slot, made on first mention: a lock of it may come before it.
Slot SnapshotReader::session_slot(std::uint64_t id) {
  std::uint32_t hash = hash_number(id, table_.seed_);
  Slot slot = table_.by_session_id_.find(
      hash, [&](const Session& session) { return session.id.value == id; });
  if (slot != no_slot) return slot;
  slot = table_.sessions_.allocate();
  table_.sessions_[slot].id = SessionId{id};
  table_.by_session_id_.insert(slot, hash);
  return slot;
}

bool SnapshotReader::read_session(ByteReader& in) {
  std::uint64_t id = in.number();
  if (id == 0 || id > table_.last_session_.value || sessions_left_ == 0) return false;
  --sessions_left_;
  Session& session = table_.sessions_[session_slot(id)];
  if (!session.secret.empty()) return false;
  session.secret = in.text();
  session.user = in.text();
  session.name = in.text();
  session.address = in.text();
  table_.text_bytes_ += session.bytes();
  session.stamp_ms = static_cast<std::int64_t>(in.number());
  session.ttl_ms = in.number32();
  session.on_disconnect = in.byte() == 0 ? OnDisconnect::keep : OnDisconnect::release;
  session.deadlock = in.byte() != 0;
  session.dead = in.byte() != 0;
  session.end = in.byte();
  if (session.secret.empty() || session.end > static_cast<std::uint8_t>(SessionEnd::disconnected)) {
    return false;
  }
  if (session.dead) {
    ++table_.dead_sessions_;
    return true;
  }
  if (table_.find_session(session.secret) != no_slot) return false;
  ++table_.live_sessions_;
  table_.by_secret_.insert(session_slot(id), hash_text(session.secret, table_.seed_));
  return true;
}

bool SnapshotReader::read_lock(ByteReader& in) {
  std::string_view name = in.text();
  if (name.empty() || name.size() > 255 || locks_left_ == 0) return false;
  if (table_.find_lock(name) != no_slot) return false;
  --locks_left_;
  Slot slot = table_.locks_.allocate();
  LockEntry& lock = table_.locks_[slot];
  lock.name = table_.names_.store(name);
  lock.name_size = static_cast<std::uint8_t>(name.size());
  std::uint8_t byte = in.byte();
  unsigned mode = byte & ~slots_set_bit;
  std::uint64_t slots = in.number();
  if (mode > static_cast<std::uint8_t>(Mode::slot) || slots > 0xFFFF) return false;
  lock.mode = static_cast<Mode>(mode);
  bool slots_set = (byte & slots_set_bit) != 0;
  if (slots != 0 || slots_set) {
    Crowd& crowd = table_.gather_crowd(slot);
    crowd.slots = static_cast<std::uint16_t>(slots);
    crowd.slots_set = slots_set;
  }
  table_.locks_by_name_.insert(slot, hash_text(name, table_.seed_));
  while (read_acquisition(in, slot)) continue;  // holders
  while (read_acquisition(in, slot)) continue;  // waiters
  return in.ok() && (lock.holders != no_slot || table_.lock(slot).queue_head != no_slot);
}

// False at the end of the list, and at anything wrong, which `in` then refuses.
bool SnapshotReader::read_acquisition(ByteReader& in, Slot lock_slot) {
  std::uint8_t byte = in.byte();
  if (byte == static_cast<std::uint8_t>(Stage::free)) return false;
  unsigned stage = byte & ~rare_bit;
  std::uint8_t mode = in.byte();
  Restored as{.number = in.number(), .stage = static_cast<Stage>(stage)};
  bool waits = as.stage == Stage::waiting || as.stage == Stage::unclaimed;
  std::uint64_t newest = waits ? table_.last_claim_.value : table_.last_token_.value;
  if (as.stage == Stage::free || stage > static_cast<std::uint8_t>(Stage::delaying) ||
      as.number == 0 || as.number > newest || mode > static_cast<std::uint8_t>(Mode::slot)) {
    in.refuse();
    return false;
  }
  record::Lock described;
  described.mode = static_cast<Mode>(mode);
  if (!waits && described.mode != table_.locks_[lock_slot].mode) {
    in.refuse();  // a lock is held in one mode: nothing could end this hold, or this delay
    return false;
  }
  described.stamp_ms = static_cast<std::int64_t>(in.number());
  described.ttl_ms = in.number32();
  if (as.stage == Stage::delaying) {
    if (!in.ok()) return false;
    table_.make_delay(lock_slot, described.mode, Token{as.number}, described.ttl_ms);
    return true;
  }
  std::uint64_t session = in.number();
  if (session == 0) {
    described.user = in.text();
    described.address = in.text();
  }
  if (described.mode == Mode::slot) described.slots = in.number32();
  described.id = in.text();
  described.note = in.text();
  if ((byte & rare_bit) != 0) read_rare(in, described, as);
  if (waits && as.names == 1 && is_claimed(as.number)) in.refuse();
  if (!in.ok()) return false;
  Slot owner = session == 0 ? no_slot : session_slot(session);
  table_.restore_acquisition(described, lock_slot, owner, as);
  return true;
}

// By another wait: a claim finds one.
bool SnapshotReader::is_claimed(std::uint64_t number) const {
  return table_.find_wait(ClaimNumber{number}) != no_slot;
}

void SnapshotReader::read_rare(ByteReader& in, record::Lock& described, Restored& as) {
  described.delay_ms = in.number32();
  described.max_hold_ms = in.number32();
  std::uint64_t names = in.number();
  std::uint64_t position = in.number();
  if (names == 0 || names > 0xFFFF || position >= names) in.refuse();
  as.names = static_cast<std::uint16_t>(names);
  as.position = static_cast<std::uint16_t>(position);
}

bool SnapshotReader::read_spent(ByteReader& in) {
  std::uint64_t slot = in.number();
  if (slot >= table_.spent_.size() || spent_left_ == 0) return false;
  --spent_left_;
  IdScope scope;
  scope.session = SessionId{in.number()};
  scope.user = in.text();
  scope.name = in.text();
  return table_.spent_.restore(static_cast<Slot>(slot), scope, in.text());
}

// Members of one LOCK of several names, in the order of its names.
bool SnapshotReader::link_several() {
  std::vector<std::tuple<bool, std::uint64_t, std::uint16_t, Slot>> members;
  for (Slot slot = 0; slot < table_.acquisitions_.end(); ++slot) {
    const Acquisition one = table_.acquisition(slot);
    if (!one.several) continue;
    members.emplace_back(one.waits(), one.number, table_.details(one.details)->position, slot);
  }
  std::sort(members.begin(), members.end());
  Slot last = no_slot;
  for (const auto& [waits, number, position, slot] : members) {
    const Acquisition one = table_.acquisition(slot);
    const Details& own = *table_.details(one.details);
    bool goes_on = last != no_slot && table_.acquisitions_[last].waits() == waits &&
                   table_.acquisitions_[last].number == number;
    if (goes_on) {
      const Acquisition before = table_.acquisition(last);
      const Details& other = *table_.details(before.details);
      bool belongs = other.position < position && other.names == own.names &&
                     before.stage == one.stage && before.session == one.session &&
                     before.mode == one.mode;
      if (!belongs) return false;
    }
    table_.chain(goes_on ? last : no_slot, slot);
    if (waits && !goes_on) {
      if (is_claimed(number)) return false;
      table_.enter_claim(slot);
    }
    last = slot;
  }
  return true;
}

void SnapshotReader::link_sessions() {
  std::vector<std::tuple<Slot, std::uint64_t, std::uint16_t, Slot>> members;
  for (Slot slot = 0; slot < table_.acquisitions_.end(); ++slot) {
    const Acquisition acquisition = table_.acquisition(slot);
    if (acquisition.session == no_slot) continue;
    const Details* details = table_.details(acquisition.details);
    std::uint16_t position = details == nullptr ? std::uint16_t{0} : details->position;
    members.emplace_back(acquisition.session, acquisition.number, position, slot);
  }
  std::sort(members.begin(), members.end());
  for (const auto& [session, number, position, slot] : members) table_.join_session(slot);
}

}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "base/mutant.hpp"
#include "locks/lock_table.hpp"
#include "locks/snapshot.hpp"
#include "locks/snapshot_item.hpp"

namespace pawl::locks {

void SnapshotCursor::begin() {
  ensure(!under_way_);
  under_way_ = true;
  ++mark_;
  next_session_ = next_lock_ = next_spent_ = 0;
  write_head();
}

bool SnapshotCursor::write(std::string& out, std::size_t budget) {
  ensure(under_way_);
  out.append(kept_);
  kept_.clear();
  std::size_t full = out.size() + budget;
  while (out.size() < full) {
    if (!write_next(out)) {
      under_way_ = false;
      return true;
    }
  }
  return false;
}

void SnapshotCursor::keep_lock(Slot lock) {
  if (under_way_ && table_.locks_[lock].mark != mark_) write_lock(kept_, lock);
}

void SnapshotCursor::keep_session(Slot session) {
  if (under_way_ && table_.sessions_[session].mark != mark_) write_session(kept_, session);
}

void SnapshotCursor::keep_spent(Slot spent) {
  if (under_way_ && table_.spent_.at(spent).mark != mark_) write_spent(kept_, spent);
}

// One item, or one slot with nothing to say; false at the end.
bool SnapshotCursor::write_next(std::string& out) {
  if (next_session_ < table_.sessions_.end()) {
    const Session& session = table_.sessions_[next_session_];
    if (session.id.value != 0 && session.mark != mark_) write_session(out, next_session_);
    ++next_session_;
  } else if (next_lock_ < table_.locks_.end()) {
    const LockEntry& lock = table_.locks_[next_lock_];
    if (lock.name_size != 0 && lock.mark != mark_) write_lock(out, next_lock_);
    ++next_lock_;
  } else if (next_spent_ < table_.spent_.size()) {
    if (table_.spent_.at(next_spent_).mark != mark_) write_spent(out, next_spent_);
    ++next_spent_;
  } else {
    return false;
  }
  return true;
}

void SnapshotCursor::write_head() {
  item_.clear();
  ByteWriter item{item_};
  item.byte(static_cast<std::uint8_t>(ItemKind::head));
  item.number(table_.last_token_.value);
  item.number(table_.last_claim_.value);
  item.number(table_.last_session_.value);
  item.number(table_.spent_.oldest());
  item.number(table_.sessions_.size());
  item.number(table_.locks_.size());
  item.number(table_.spent_.size());
  ByteWriter{kept_}.text(item_);
}

void SnapshotCursor::write_session(std::string& out, Slot slot) {
  const Session& session = table_.sessions_[slot];
  item_.clear();
  ByteWriter item{item_};
  item.byte(static_cast<std::uint8_t>(ItemKind::session));
  item.number(session.id.value);
  item.text(session.secret);
  item.text(session.user);
  item.text(session.name);
  item.text(session.address);
  item.number(static_cast<std::uint64_t>(session.stamp_ms));
  item.number(session.ttl_ms);
  item.byte(static_cast<std::uint8_t>(session.on_disconnect));
  item.byte(session.deadlock ? 1 : 0);
  item.byte(session.dead ? 1 : 0);
  item.byte(session.end);
  ByteWriter{out}.text(item_);
  session.mark = mark_;
}

void SnapshotCursor::write_lock(std::string& out, Slot slot) {
  const Lock lock = table_.lock(slot);
  item_.clear();
  ByteWriter item{item_};
  item.byte(static_cast<std::uint8_t>(ItemKind::lock));
  item.text(table_.name_of(slot));
  unsigned set = lock.slots_set ? slots_set_bit : 0u;
  item.byte(static_cast<std::uint8_t>(set | static_cast<unsigned>(lock.mode)));
  item.number(lock.slots);
  for (Slot first : {lock.holders, lock.queue_head}) {
    for (Slot at = first; at != no_slot; at = table_.acquisition(at).next) {
      write_acquisition(item, table_.acquisition(at));
    }
    item.byte(static_cast<std::uint8_t>(Stage::free));  // no more
  }
  ByteWriter{out}.text(item_);
  table_.locks_[slot].mark = mark_;
}

void SnapshotCursor::write_acquisition(ByteWriter& item, const Acquisition& acquisition) const {
  const Details* details = table_.details(acquisition.details);
  bool is_rare = details != nullptr &&
                 (details->delay_ms != 0 || details->max_hold_ms != 0 || acquisition.several);
  unsigned rare = is_rare ? rare_bit : 0u;
  item.byte(static_cast<std::uint8_t>(rare | static_cast<unsigned>(acquisition.stage)));
  item.byte(static_cast<std::uint8_t>(acquisition.mode));
  item.number(acquisition.number);
  item.number(static_cast<std::uint64_t>(acquisition.stamp_ms));
  item.number(acquisition.ttl_ms);
  if (acquisition.stage == Stage::delaying) return;
  if (acquisition.session != no_slot) {
    item.number(table_.sessions_[acquisition.session].id.value);
  } else {
    item.number(0);
    const Client& client = table_.clients_[acquisition.client];
    item.text(client.user);
    item.text(client.address);
  }
  if (acquisition.mode == Mode::slot) item.number(details != nullptr ? details->slots : 0u);
  bool has_id = details != nullptr && !is_mutant(Mutant::ids_not_in_snapshot);
  item.text(has_id ? std::string_view{details->id} : std::string_view{});
  item.text(details != nullptr ? std::string_view{details->note} : std::string_view{});
  if (!is_rare) return;
  item.number(details->delay_ms);
  item.number(details->max_hold_ms);
  item.number(details->names);
  item.number(details->position);
}

void SnapshotCursor::write_spent(std::string& out, Slot slot) {
  const SpentId& spent = table_.spent_.at(slot);
  item_.clear();
  ByteWriter item{item_};
  item.byte(static_cast<std::uint8_t>(ItemKind::spent));
  item.number(slot);
  item.number(spent.session.value);
  item.text(spent.user);
  item.text(spent.name);
  item.text(spent.id);
  ByteWriter{out}.text(item_);
  spent.mark = mark_;
}

}  // namespace pawl::locks

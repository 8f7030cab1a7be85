// SPDX-License-Identifier: Apache-2.0
//
// What the disk must know beside the log: how far tokens may rise, the longest TTL, snapshots; and
// what a start that may have forgotten something owes to those who remember.
#include <algorithm>

#include "base/ensure.hpp"
#include "node/node.hpp"

namespace pawl::node {

namespace {

// The ceiling is raised by this much, when half of it is used.
constexpr std::uint64_t ceiling_step = std::uint64_t{1} << 20;

constexpr std::size_t snapshot_slice = std::size_t{64} << 10;

}  // namespace

Node::Node(Settings settings, Moment now, std::int64_t wall_offset_ms, Recovered recovered)
    : settings_(std::move(settings)),
      wall_offset_ms_(wall_offset_ms),
      started_(now),
      now_(now),
      table_owner_(std::move(recovered.table)),
      table_(*table_owner_),
      replica_(recovered.epoch, recovered.last),
      in_flight_(0),
      grants_from_(now + recovered.grace),
      meta_{recovered.ceiling, recovered.longest_ttl},
      wanted_(meta_),
      log_bytes_(recovered.log_bytes),
      snapshot_bytes_(recovered.snapshot_bytes) {
  write_ranges();
  ensure(recovered.token_floor < last_token);
  begin(std::max(table_.last_granted(), recovered.token_floor));
}

// The first record of the epoch; with it the deadlines of all that was recovered start anew.
void Node::begin(Token token_floor) {
  floor_ = token_floor;
  locks::Record first = locks::record::EpochStart{token_floor};
  in_flight_.add(first);
  replica_.become_primary([&](std::string& out) { locks::encode_record(out, first); });
  for (Slot slot = 0; slot < table_.acquisitions_end(); ++slot) {
    const locks::Acquisition& acquisition = table_.acquisition(slot);
    bool leased = acquisition.stage == locks::Stage::holding && acquisition.session == no_slot;
    if (leased) leases_.set(slot, lease_end(acquisition.ttl_ms));
    if (leased) note_lease_connection(slot, {});
  }
  for (Slot slot = 0; slot < table_.sessions_end(); ++slot) {
    const locks::Session& session = table_.session(slot);
    if (session.id.value == 0) continue;
    if (session.dead) {
      backlog_.sweeps.push_back(session.id);
    } else {
      sessions_.set(slot, lease_end(session.ttl_ms));
    }
  }
}

// A token goes to an acquisition, once: to one that waits already, or that a LOCK in flight brings.
// So only a LOCK can carry tokens further; whatever hands a lock on was counted with its waiters.
Token Node::furthest_token() const {
  std::uint64_t granted = std::max(table_.last_granted(), floor_).value;
  return Token{granted + table_.waiter_count() + in_flight_.locks()};
}

// Asks for a higher ceiling in good time, and for a longer TTL when one is on its way.
void Node::want_meta() {
  std::uint64_t furthest = furthest_token().value;
  if (wanted_.ceiling != last_token && wanted_.ceiling.value < furthest + ceiling_step / 2) {
    wanted_.ceiling = Token{std::min(furthest + ceiling_step, last_token.value)};
    meta_asked_ = false;
  }
  if (meta_asked_) return;
  meta_asked_ = true;
  out_->store_meta = wanted_;
}

bool Node::parked_for_ttl(Origin from, Milliseconds ttl) {
  if (ttl <= meta_.longest_ttl) return false;
  if (ttl > wanted_.longest_ttl) {
    wanted_.longest_ttl = ttl;
    meta_asked_ = false;
  }
  park_for_meta(from);
  return true;
}

bool Node::parked_for_tokens(Origin from) {
  if (furthest_token() < meta_.ceiling || meta_.ceiling == last_token) return false;
  park_for_meta(from);
  return true;
}

void Node::park_for_meta(Origin from) {
  out_->parked = true;
  parked_for_meta_.push_back(from.connection);
}

void Node::on(const MetaStored& event) {
  meta_.ceiling = std::max(meta_.ceiling, event.ceiling);
  meta_.longest_ttl = std::max(meta_.longest_ttl, event.longest_ttl);
  for (ConnectionId connection : parked_for_meta_) {
    if (connections_.find(connection) != nullptr) out_->resumed.push_back(connection);
  }
  parked_for_meta_.clear();
}

void Node::on(const DiskSpace& event) { disk_full_ = event.full; }

// Whoever asks need not believe that he has it. A place in the queue, taken up again, could be
// granted; a hold that was recovered may have ended, and its lock be another's by a grant that was
// forgotten. What goes on with a belief is not held back: RENEW, KEEPALIVE, RESUME, VERIFY. The
// client's own clock has ended it before the node ever did, and no lease outlives this time
// unrenewed.
bool Node::hold_back(Origin from, const request::Lock& request) {
  if (now_ >= grants_from_) return false;
  if (request.wait == Milliseconds{0}) {
    Milliseconds left = std::chrono::ceil<Milliseconds>(grants_from_ - now_);
    confirm(from, reply::Error{.code = ErrorCode::busy,
                               .message = "after a restart, until forgotten leases have lapsed",
                               .delay = left});
    return true;
  }
  held_back_.push_back({from.connection, lock_deadline_});
  out_->parked = true;
  return true;
}

// "It is yours" would be a grant told anew.
bool Node::hold_back(Origin from, const request::Cancel& request) {
  if (now_ >= grants_from_) return false;
  Slot slot = table_.find_id(session_of(from), {}, request.name, request.id);
  if (slot == no_slot || table_.acquisition(slot).stage != locks::Stage::holding) return false;
  held_back_.push_back({from.connection, never});
  out_->parked = true;
  return true;
}

std::optional<Moment> Node::take_held_back(ConnectionId connection) {
  auto at = std::find_if(held_back_.begin(), held_back_.end(),
                         [&](const HeldBack& held) { return held.connection == connection; });
  if (at == held_back_.end()) return std::nullopt;
  Moment deadline = at->deadline;
  held_back_.erase(at);
  return deadline;
}

// Its deadline only: what it is parked for now resumes it.
void Node::remember_held_back(ConnectionId connection, Moment deadline) {
  bool is_there = std::any_of(held_back_.begin(), held_back_.end(),
                              [&](const HeldBack& held) { return held.connection == connection; });
  if (!is_there) held_back_.push_back({connection, deadline, true});
}

void Node::resume_held_back() {
  for (HeldBack& held : held_back_) {
    bool is_due = now_ >= grants_from_ || held.deadline <= now_ - skipped_;
    if (is_due && !held.resumed) out_->resumed.push_back(held.connection);
    held.resumed = is_due;
  }
}

// When somebody held back is to be resumed.
Moment Node::next_held_back() const {
  Moment next = never;
  for (const HeldBack& held : held_back_) {
    if (held.resumed) continue;
    Moment deadline = held.deadline == never ? never : held.deadline + skipped_;
    next = std::min({next, grants_from_, deadline});
  }
  return next;
}

void Node::write_snapshot_part() {
  if (!log_is_kept() || snapshot_part_out_) return;
  if (!table_.has_snapshot_under_way()) {
    if (log_bytes_ <= std::max(settings_.snapshot_after, 2 * snapshot_bytes_)) return;
    table_.begin_snapshot();
    snapshot_part_ = {.index = replica_.applied(), .epoch = replica_.epoch(), .first = true};
    log_bytes_ = 0;
    snapshot_bytes_ = 0;
  }
  snapshot_part_.bytes.clear();
  snapshot_part_.last = table_.write_snapshot(snapshot_part_.bytes, snapshot_slice);
  snapshot_bytes_ += snapshot_part_.bytes.size();
  out_->snapshot = snapshot_part_;
  snapshot_part_.first = false;
  snapshot_part_out_ = true;
}

void Node::on(const SnapshotSaved&) {}

void Node::on(const SnapshotPartTaken&) { snapshot_part_out_ = false; }

}  // namespace pawl::node

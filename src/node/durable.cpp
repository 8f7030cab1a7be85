// SPDX-License-Identifier: Apache-2.0
//
// What the disk must know beside the log: how far tokens may rise, the longest TTL, snapshots; and
// what a start that may have forgotten something owes to those who remember.
#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "base/hash.hpp"
#include "node/node.hpp"

namespace pawl::node {

namespace {

// The ceiling is raised by this much, when half of it is used.
constexpr std::uint64_t ceiling_step = std::uint64_t{1} << 20;

constexpr std::size_t snapshot_slice = std::size_t{64} << 10;

replication::Membership membership_of(const Settings& settings) {
  using replication::MemberKind;
  std::vector<MemberKind> kinds;
  std::optional<replication::Member> self;
  for (const ClusterNode& node : settings.cluster.nodes) {
    if (node.id == settings.node) self = {static_cast<std::uint8_t>(kinds.size())};
    kinds.push_back(node.witness ? MemberKind::witness : MemberKind::voter);
  }
  ensure(self.has_value());
  return {std::move(kinds), *self};
}

replication::Replica replica_of(const Settings& settings, Moment now, Recovered& recovered) {
  if (settings.cluster.nodes.empty()) {
    Epoch newest = std::max(recovered.epoch, recovered.ballot.epoch);
    return replication::Replica{newest, {recovered.epoch, recovered.last}};
  }
  replication::ReplicaOptions options;
  options.membership = membership_of(settings);
  if (recovered.promoted) options.membership = options.membership.alone();
  options.timing.heartbeat = settings.cluster.heartbeat;
  options.timing.election_least = settings.cluster.election;
  options.timing.election_most = Span{settings.cluster.election} * 9 / 5;
  options.kept_bytes = settings.cluster.kept_log;
  options.seed = hash_text(settings.node, recovered.ballot.epoch.value);
  return {std::move(options),
          {.ballot = recovered.ballot,
           .log = std::move(recovered.unapplied),
           .commit = recovered.last,
           .repair = recovered.repair,
           .blank = recovered.blank},
          now};
}

}  // namespace

Node::Node(Settings settings, Moment now, std::int64_t wall_offset_ms, Recovered recovered)
    : settings_(std::move(settings)),
      wall_offset_ms_(wall_offset_ms),
      started_(now),
      now_(now),
      table_(std::move(recovered.table)),
      replica_(replica_of(settings_, now, recovered)),
      incarnation_(recovered.incarnation),
      in_flight_(0),
      grants_from_(now + recovered.grace),
      meta_{recovered.ceiling, recovered.longest_ttl},
      wanted_(meta_),
      floor_(recovered.token_floor),
      log_bytes_(recovered.log_bytes),
      snapshot_bytes_(recovered.snapshot_bytes),
      snapshot_saved_(recovered.snapshot) {
  write_ranges();
  ensure(log_is_kept() || !has_peers());  // what peers get is written
  ensure(recovered.token_floor < last_token);
  // What is applied behind a snapshot by a start is in no hash.
  bool goes_on = recovered.snapshot_head && recovered.snapshot == recovered.last;
  if (goes_on) {
    state_hash_.begin_behind(*recovered.snapshot_head);
  } else if (recovered.last.value != 0) {
    state_hash_.begin_behind({});
  }
  if (settings_.cluster.nodes.empty()) start_epoch();
  note_awaited();
}

// A token goes to an acquisition, once: to one that waits already, or that a LOCK in flight brings.
// So only a LOCK can carry tokens further; whatever hands a lock on was counted with its waiters.
Token Node::furthest_token() const {
  std::uint64_t granted = std::max(table_->last_granted(), floor_).value;
  return Token{granted + table_->waiter_count() + in_flight_.locks()};
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
  for (ConnectionId connection : std::exchange(parked_for_meta_, {})) resume(connection);
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
  Slot slot = table_->find_id(session_of(from), user_name(from), request.name, request.id);
  if (slot == no_slot || table_->acquisition(slot).stage != locks::Stage::holding) return false;
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
  if (!table_->has_snapshot_under_way()) {
    bool is_due = log_bytes_ > std::max(settings_.snapshot_after, 2 * snapshot_bytes_);
    if (!is_due && !snapshot_wanted_) return;
    snapshot_wanted_ = false;
    table_->begin_snapshot();
    LogIndex index = replica_.applied();
    snapshot_part_ = {.index = index, .epoch = replica_.log().epoch_at(index), .first = true};
    if (has_peers()) snapshot_part_.head = state_hash_.head();
    log_bytes_ = 0;
    snapshot_bytes_ = 0;
  }
  snapshot_part_.bytes.clear();
  snapshot_part_.last = table_->write_snapshot(snapshot_part_.bytes, snapshot_slice);
  snapshot_bytes_ += snapshot_part_.bytes.size();
  out_->snapshot = snapshot_part_;
  snapshot_part_.first = false;
  snapshot_part_out_ = true;
}

void Node::on(const SnapshotSaved& event) {
  snapshot_saved_ = std::max(snapshot_saved_, event.index);
}

void Node::on(const SnapshotPartTaken&) { snapshot_part_out_ = false; }

}  // namespace pawl::node

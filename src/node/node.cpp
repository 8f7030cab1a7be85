// SPDX-License-Identifier: Apache-2.0
#include "node/node.hpp"

#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "base/mutant.hpp"
#include "base/overloaded.hpp"

namespace pawl::node {

namespace {

constexpr std::size_t apply_slice = 4096;

}  // namespace

Node::Node(Settings settings, Moment now, std::int64_t wall_offset_ms, std::uint64_t hash_seed)
    : settings_(std::move(settings)),
      wall_offset_ms_(wall_offset_ms),
      started_(now),
      now_(now),
      table_(std::make_unique<locks::LockTable>(hash_seed)),
      in_flight_(hash_seed) {
  ensure(!has_peers());
  write_ranges();
  start_epoch();
}

void Node::step(Moment now, const Event& event, Actions& out) {
  out_ = &out;
  notice_gap(now);
  std::visit([this](const auto& one) { on(one); }, event);
  apply_and_settle();
  if (!backlog_.empty() && may_decide(backlog_decided_)) {
    make_records_of_backlog();
    apply_and_settle();
  }
  write_snapshot_part();
  want_meta();
  release_confirmed();
  resume_parked();
  resume_held_back();
  if (has_peers()) note_role();
  out_ = nullptr;
}

Moment Node::next_deadline() const {
  auto goes_on = [](const auto& scan) { return !scan.is_done(); };
  if (std::any_of(lock_scans_.begin(), lock_scans_.end(), goes_on) ||
      std::any_of(awaited_scans_.begin(), awaited_scans_.end(), goes_on) ||
      std::any_of(session_scans_.begin(), session_scans_.end(), goes_on)) {
    return now_;
  }
  if (arming_) return now_;
  if (table_->has_snapshot_under_way() && !snapshot_part_out_) return now_;
  Moment next = next_held_back();
  if (has_peers()) {
    if (unsent_ || replica_.has_committed()) return now_;
    // No later than the next heartbeat would be: a gap between steps is then a stall.
    next = std::min({next, replica_.next_deadline(), now_ + settings_.cluster.heartbeat});
  }
  if (!backlog_.empty() && may_decide(backlog_decided_)) return now_;
  if (may_decide(expiries_decided_)) {
    Moment due = std::min({leases_.next(), sessions_.next(), max_holds_.next()});
    if (due != never) {
      // No later than a quarter of a second: a gap between steps is then a stall, not idleness.
      next = std::min({next, due + skipped_, now_ + std::chrono::milliseconds{250}});
    }
  }
  return next;
}

void Node::on(const Tick&) {
  if (has_peers()) tick_replica();
  if (arming_) arm();
  decide_expiries();
  continue_scans();
}

void Node::on(const Connected& event) { connections_.connect(event.connection, event.address); }

void Node::on(const InputEnded& event) {
  Connection* connection = connections_.find(event.connection);
  ensure(connection != nullptr);
  connection->input_ended = true;
  watches_.remove_all(event.connection.slot);
  end_waits_of(*connection);
}

void Node::on(const Disconnected& event) {
  Connection* connection = connections_.find(event.connection);
  ensure(connection != nullptr);
  end_waits_alone(*connection);
  askers_.leave_shared(*connection, [this](Origin, Slot acquisition) { rearm_wait(acquisition); });
  askers_.leave(*connection, [](Slot) {});
  if (connection->attachment == Attachment::attached && event.cause == DisconnectCause::client) {
    end_if_abandoned(connection->session);
  }
  std::erase_if(held_back_,
                [&](const HeldBack& held) { return held.connection == event.connection; });
  watches_.remove_all(event.connection.slot);
  connections_.disconnect(event.connection);
  auto of_connection = [&](const auto& scan) { return scan.connection() == event.connection; };
  std::erase_if(lock_scans_, of_connection);
  std::erase_if(awaited_scans_, of_connection);
  std::erase_if(session_scans_, of_connection);
}

void Node::on(const ClientRequest& event) {
  Connection* connection = connections_.find(event.from.connection);
  ensure(connection != nullptr && event.request != nullptr);
  asked_ = event.request;
  const bool guarded = settings_.access.is_on();
  if (!(guarded && refuse_unauthorised(event.from, *event.request)) &&
      (serves() || !refuse_elsewhere(event.from, *event.request))) {
    std::visit([&](const auto& request) { on(event.from, request); }, *event.request);
  }
  asked_ = nullptr;
}

void Node::on(const Flushed& event) {
  if (!has_peers()) return replica_.on_flushed(event.index);  // nobody to tell
  const replication::Event flushed = replication::Flushed{event.index, event.truncations};
  pass_on(flushed);
}

// Waits end and say SHUTTING_DOWN; those with an id keep their place for whoever serves next. With
// peers, that is one of them, if one can: then nothing ends, it goes on there.
void Node::on(const Drain&) {
  bool leads = replica_.stage() == replication::Stage::primary && !replica_.is_handing_over();
  if (has_peers() && leads) pass_on(replication::HandOver{});
  draining_ = true;
  if (replica_.is_handing_over()) return;
  end_waits_to_drain();
}

void Node::write_ranges() {
  const Leases& leases = settings_.leases;
  ttl_range_ = "ttl must be from " + std::to_string(leases.min_ttl.count()) + " to " +
               std::to_string(leases.max_ttl.count()) +
               " ms, written 250ms 30s 5m 2h or in bare milliseconds";
}

LogIndex Node::propose(const locks::Record& record, Origin origin) {
  in_flight_.add(record);
  return append(origin, [&](std::string& out) { locks::encode_record(out, record); });
}

void Node::apply_committed() {
  // Without a log on disk a record is as durable as it will ever be.
  bool at_once = settings_.durability == Durability::none ||
                 (serving_ && is_mutant(Mutant::reply_before_flush));
  if (at_once) replica_.on_flushed(replica_.last());
  for (std::size_t slice = 0; replica_.has_committed(); ++slice) {
    // Who serves nobody may take his time: a standby that was away has much to apply.
    if (!serving_ && slice == apply_slice) return;
    apply_next();
    if (at_once) replica_.on_flushed(replica_.last());
  }
}

void Node::apply_next() {
  replication::Entry entry = replica_.next_committed();
  bool own = replica_.stage() == replication::Stage::primary && entry.epoch == replica_.epoch();
  if (unwritten_.index == entry.index) {
    apply(entry, unwritten_.record);
  } else {
    const std::optional<locks::Record> record = decoder_.decode(entry.bytes);
    ensure(record.has_value());
    if (own) in_flight_.remove(*record);
    apply(entry, *record);
  }
  replica_.on_applied();  // the record's bytes are gone from here on
  bool begins = own && !serving_ && !arming_;
  if (begins) {  // before anything is told that sets one
    for (TimerQueue* timers : {&leases_, &max_holds_, &sessions_}) timers->start(now_ - skipped_);
  }
  if (serving_ || begins || is_mutant(Mutant::standby_expires)) tell(entry.index, entry.origin);
  if (!begins) return;
  arming_.emplace(Arming{now_ - skipped_});
  arm();
}

void Node::apply(const replication::Entry& entry, const locks::Record& record) {
  table_->apply(entry.epoch, record, effects_);
  // The log of several nodes is nowhere lost for good; of one alone only META knows how far
  // tokens may have gone.
  ensure(has_peers() || table_->last_granted() <= meta_.ceiling);
  log_bytes_ += entry.bytes.size();
  if (has_peers()) compare_state(entry.index, entry.bytes, record);
  if (!watches_.empty()) keep_reason(record);
}

void Node::apply_and_settle() {
  apply_committed();
  while (serves() && settle_judged()) apply_committed();
  if (!serves()) return;
  if (std::optional<locks::record::StateHash> due = state_hash_.take_due()) propose(*due, {});
}

void Node::refuse(Origin to, ErrorCode code, std::string_view message) {
  answer(to, reply::Error{.code = code, .message = message});
}

void Node::confirm(Origin to, ReplyBody body) {
  bool is_renewal = std::holds_alternative<reply::Lasting>(body) ||
                    std::holds_alternative<reply::KeptAlive>(body);
  if (is_mutant(is_renewal ? Mutant::renew_without_round : Mutant::read_without_round)) {
    answer(to, std::move(body));
    return;
  }
  unsent_ = true;
  unconfirmed_.push_back({replica_.begin_round(), {to, std::move(body)}});
}

void Node::release_confirmed() {
  while (!unconfirmed_.empty() && replica_.is_confirmed(unconfirmed_.front().round)) {
    answer(unconfirmed_.front().reply.to, std::move(unconfirmed_.front().reply.body));
    unconfirmed_.pop_front();
  }
}

void Node::park(Origin from) {
  ensure(replica_.in_flight() > 0);
  out_->parked = true;
  parked_.push_back({from.connection, replica_.last()});
}

bool Node::parked_behind_own(Origin from) {
  if (connections_.find(from.connection)->last_record <= replica_.applied()) return false;
  park(from);
  return true;
}

void Node::resume_parked() {
  while (!parked_.empty() && parked_.front().until <= replica_.applied()) {
    resume(parked_.front().connection);
    parked_.pop_front();
  }
}

void Node::resume(ConnectionId connection) {
  if (connections_.find(connection) != nullptr) out_->resumed.push_back(connection);
}

}  // namespace pawl::node

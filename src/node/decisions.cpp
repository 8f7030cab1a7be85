// SPDX-License-Identifier: Apache-2.0
//
// What the primary decides by its clock, and how decisions become records in bounded slices.
#include <algorithm>

#include "base/mutant.hpp"
#include "node/node.hpp"

namespace pawl::node {

namespace record = locks::record;
using std::chrono::duration_cast;

namespace {

// Past so many records on their way the log is the bottleneck: one slice of decisions at a time.
constexpr std::uint64_t records_in_flight = 64;

// The clock may be off by ε = 0.1 %: the server waits that much longer than the client believes.
constexpr std::int64_t epsilon_inverse = 1'000;

}  // namespace

// `last`: the end of the log when decisions of this kind were made last. A log that is never at
// rest must not put them off for ever.
bool Node::may_decide(LogIndex last) const {
  bool has_room = replica_.in_flight() < records_in_flight || last <= replica_.applied();
  return serves() && replica_.may_decide() && has_room;
}

// After a stall nobody could renew: the gap is added to every deadline at once. Who has peers must
// also ask them whether it still is what it was.
void Node::notice_gap(Moment now) {
  now = std::max(now, now_);
  Span gap = now - now_;
  bool armed = leases_.next() != never || sessions_.next() != never || max_holds_.next() != never;
  if (is_mutant(Mutant::gap_not_added)) armed = false;
  if (armed && gap > std::chrono::seconds{1}) skipped_ += gap;
  now_ = now;
  if (has_peers() && gap > settings_.cluster.election) pass_on(replication::LoopGap{});
}

Moment Node::lease_end(std::uint32_t ttl_ms) const {
  Span ttl = std::chrono::milliseconds{ttl_ms};
  if (is_mutant(Mutant::expiry_early)) ttl = ttl * 9 / 10;
  if (is_mutant(Mutant::epsilon_forgotten)) return now_ - skipped_ + ttl;
  return now_ - skipped_ + ttl + ttl / epsilon_inverse;
}

// A wait that outlasts any lease of any client is for ever.
Moment Node::wait_deadline(Milliseconds wait) const {
  constexpr Milliseconds longest_wait = std::chrono::hours{24 * 365};
  return wait >= longest_wait ? never : now_ - skipped_ + wait;
}

// What a client may still count on, never more.
Milliseconds Node::left_of(Moment deadline) const {
  Span left = deadline - (now_ - skipped_);
  if (left <= Span{0}) return Milliseconds{0};
  return duration_cast<Milliseconds>(left / (epsilon_inverse + 1) * epsilon_inverse);
}

Milliseconds Node::expires_in(Slot slot) const {
  Slot head = table_->head_of(slot);
  const locks::Acquisition& holder = table_->acquisition(head);
  bool leased = holder.session == no_slot;
  const TimerQueue& timers = leased ? leases_ : sessions_;
  Slot timer = leased ? head : holder.session;
  if (timers.is_ending(timer) || max_holds_.is_ending(head)) return Milliseconds{0};
  return std::min(left_of(timers.deadline(timer)), ttl_of(head));
}

// How long ago its deadline was set, told from the deadline itself: nothing is kept for it.
Milliseconds Node::renewed(Slot slot) const {
  Slot head = table_->head_of(slot);
  const locks::Acquisition& holder = table_->acquisition(head);
  bool leased = holder.session == no_slot;
  const TimerQueue& timers = leased ? leases_ : sessions_;
  Slot timer = leased ? head : holder.session;
  std::uint32_t ttl_ms = leased ? holder.ttl_ms : table_->session(holder.session).ttl_ms;
  if (timers.is_ending(timer)) return Milliseconds{ttl_ms};
  Span whole = lease_end(ttl_ms) - (now_ - skipped_);
  Span left = timers.deadline(timer) - (now_ - skipped_);
  return duration_cast<Milliseconds>(std::max(whole - left, Span{0}));
}

void Node::renew_session(Slot session) {
  if (sessions_.is_decided(session)) return;
  Moment end = lease_end(table_->session(session).ttl_ms);
  if (sessions_.is_judged(session)) {
    sessions_.set(session, end);
  } else {
    sessions_.raise(session, end);
  }
}

std::int64_t Node::wall_ms() const {
  return duration_cast<Milliseconds>(now_.time_since_epoch()).count() + wall_offset_ms_;
}

// One slice a tick, so that requests get their turn in between.
void Node::decide_expiries() {
  if (!may_decide(expiries_decided_)) return;
  Moment now = now_ - skipped_;
  bool decided = std::min({leases_.next(), sessions_.next(), max_holds_.next()}) <= now;
  if (!decided) return;
  decide_lapses();
  decide_session_lapses();
  decide_max_holds();
  expiries_decided_ = replica_.last();
}

void Node::decide_lapses() {
  std::vector<locks::HoldName> delayed;
  for (std::size_t slice = 0; slice < locks::sweep_locks; ++slice) {
    Slot slot = leases_.pop_due(now_ - skipped_);
    if (slot == no_slot) break;
    const locks::Acquisition& acquisition = table_->acquisition(slot);
    switch (acquisition.stage) {
      case locks::Stage::free: break;
      case locks::Stage::waiting: end_wait(slot, locks::WaitEnd::timeout); break;
      case locks::Stage::unclaimed: end_wait(slot, locks::WaitEnd::unclaimed); break;
      case locks::Stage::holding: judge(slot); break;
      case locks::Stage::delaying:
        leases_.mark_decided(slot);
        delayed.push_back({table_->name_of(acquisition.lock), Token{acquisition.number}});
        break;
    }
  }
  if (!delayed.empty()) propose(record::EndDelays{replica_.epoch(), delayed}, {});
}

void Node::decide_session_lapses() {
  for (std::size_t slice = 0; slice < locks::sweep_locks;) {
    Slot slot = sessions_.pop_due(now_ - skipped_);
    if (slot == no_slot) break;
    const locks::Session& session = table_->session(slot);
    slice += 1 + session.holds + session.waits;
    judge_session(slot, locks::SessionEnd::expired);
  }
}

void Node::decide_max_holds() {
  std::vector<locks::HoldName> taken;
  while (taken.size() < locks::sweep_locks) {
    Slot slot = max_holds_.pop_due(now_ - skipped_);
    if (slot == no_slot) break;
    take_back(slot, taken);
  }
  if (!taken.empty()) propose(record::TakeBack{replica_.epoch(), taken}, {});
}

void Node::take_back(Slot hold, std::vector<locks::HoldName>& taken) {
  max_holds_.mark_decided(hold);
  name_holds(hold, taken);
}

void Node::name_holds(Slot hold, std::vector<locks::HoldName>& names) const {
  Token token = table_->acquisition(hold).token();
  table_->each_name(hold, [&](Slot slot) {
    names.push_back({table_->name_of(table_->acquisition(slot).lock), token});
  });
}

void Node::judge(Slot slot) {
  const locks::Acquisition& holder = table_->acquisition(slot);
  if (holder.session != no_slot) {
    judge_session(holder.session, locks::SessionEnd::expired);
    return;
  }
  leases_.mark_judged(slot, replica_.last());
  judged_.push_back({replica_.last(), slot, holder.token(), {}, {}});
}

void Node::judge_session(Slot slot, locks::SessionEnd reason) {
  sessions_.mark_judged(slot, replica_.last());
  judged_.push_back({replica_.last(), slot, {}, table_->session(slot).id, reason});
}

// Whoever renewed in a record before has it; for the rest the end becomes a record now.
bool Node::settle_judged() {
  if (judged_.empty()) return false;
  std::vector<locks::HoldName> lapsed;
  bool decided = false;
  auto is_due = [this](const Judged& one) {
    return one.until <= replica_.applied() || is_mutant(Mutant::expiry_ignores_the_log);
  };
  while (!judged_.empty() && is_due(judged_.front()) && lapsed.size() < locks::sweep_locks) {
    Judged judged = judged_.front();
    judged_.pop_front();
    if (judged.session.value != 0) {
      decided |= settle_session(judged);
      continue;
    }
    const locks::Acquisition& holder = table_->acquisition(judged.slot);
    if (holder.token() != judged.token || !leases_.is_judged(judged.slot, judged.until)) continue;
    leases_.mark_decided(judged.slot);
    name_holds(judged.slot, lapsed);
  }
  if (!lapsed.empty()) propose(record::ExpireLeases{replica_.epoch(), lapsed}, {});
  return decided || !lapsed.empty();
}

bool Node::settle_session(const Judged& judged) {
  Slot slot = table_->find_session(judged.session);
  if (slot == no_slot || sessions_.is_decided(slot)) return false;
  if (judged.reason == locks::SessionEnd::disconnected) {
    if (connections_.first_attached(slot) != no_slot) return false;
    // Renewed by a record, it was nobody's outcome to await: an OPEN behind that may take it up.
    if (!sessions_.is_judged(slot)) {
      judge_session(slot, judged.reason);
      return false;
    }
  }
  if (!sessions_.is_judged(slot, judged.until)) return false;
  expire_session(slot, judged.reason);
  return true;
}

void Node::expire_session(Slot slot, locks::SessionEnd reason) {
  sessions_.mark_decided(slot);
  propose(record::ExpireSession{replica_.epoch(), table_->session(slot).id, reason}, {});
}

void Node::end_wait(Slot slot, locks::WaitEnd reason) {
  const locks::Acquisition& waiter = table_->acquisition(slot);
  if (!waiter.waits()) return;
  const locks::Details* details = table_->details(waiter.details);
  bool keeps_place =
      reason == locks::WaitEnd::disconnected && details != nullptr && !details->id.empty();
  if (keeps_place) {
    backlog_.unclaimed.push_back(waiter.claim());
  } else {
    backlog_.ended_waits.push_back({waiter.claim(), reason});
  }
}

// The connection can still be told: of what others wait on for, now; of the rest when it ends.
void Node::end_waits_of(const Connection& connection) {
  end_waits_alone(connection);
  askers_.leave_shared(connection, [this](Origin origin, Slot acquisition) {
    rearm_wait(acquisition);
    if (table_->acquisition(acquisition).waits()) {
      refuse_ended_wait(origin);
    } else {
      refuse(origin, ErrorCode::no_quorum, "the session is about to end");
    }
  });
}

// Those who still ask for it say how long.
void Node::rearm_wait(Slot slot) {
  if (table_->acquisition(slot).waits()) leases_.set(slot, askers_.furthest_deadline(slot));
}

void Node::refuse_ended_wait(Origin to) {
  refuse(to, ErrorCode::cancelled, "the connection ended its waits; others wait on");
}

void Node::end_waits_alone(const Connection& connection) {
  if (is_mutant(Mutant::wait_survives_connection)) return;
  askers_.each_alone(connection, [this](Slot acquisition) {
    end_wait(acquisition, locks::WaitEnd::disconnected);
  });
}

void Node::end_if_abandoned(Slot slot) {
  const locks::Session& session = table_->session(slot);
  if (session.on_disconnect != OnDisconnect::release) return;
  if (is_mutant(Mutant::disconnect_keeps_session)) return;
  backlog_.ended_sessions.push_back({session.id, locks::SessionEnd::disconnected});
}

void Node::make_records_of_backlog() {
  std::vector<ClaimNumber> waits;
  if (!backlog_.ended_waits.empty()) {
    locks::WaitEnd reason = backlog_.ended_waits.front().reason;
    while (!backlog_.ended_waits.empty() && waits.size() < locks::sweep_locks &&
           backlog_.ended_waits.front().reason == reason) {
      waits.push_back(backlog_.ended_waits.front().wait);
      backlog_.ended_waits.pop_front();
    }
    propose(record::EndWaits{replica_.epoch(), reason, waits}, {});
  }
  if (!backlog_.unclaimed.empty()) {
    waits.clear();
    while (!backlog_.unclaimed.empty() && waits.size() < locks::sweep_locks) {
      waits.push_back(backlog_.unclaimed.front());
      backlog_.unclaimed.pop_front();
    }
    propose(record::Unclaim{replica_.epoch(), waits}, {});
  }
  for (std::size_t slice = 0; slice < locks::sweep_locks && !backlog_.ended_sessions.empty();) {
    Backlog::EndedSession ended = backlog_.ended_sessions.front();
    backlog_.ended_sessions.pop_front();
    Slot slot = table_->find_session(ended.session);
    // Until its record stands in the log, whoever resumed the session has it.
    if (slot == no_slot || sessions_.is_decided(slot)) continue;
    if (connections_.first_attached(slot) != no_slot) continue;
    slice += 1 + table_->session(slot).holds + table_->session(slot).waits;
    judge_session(slot, ended.reason);
  }
  if (!backlog_.sweeps.empty()) {
    propose(record::Sweep{backlog_.sweeps.front()}, {});
    backlog_.sweeps.pop_front();
  }
  backlog_decided_ = replica_.last();
}

}  // namespace pawl::node

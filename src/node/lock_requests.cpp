// SPDX-License-Identifier: Apache-2.0
//
// Requests about locks: what the primary judges before it makes a record, and what needs none.
#include "base/mutant.hpp"
#include "node/node.hpp"

namespace pawl::node {

namespace record = locks::record;

namespace {

std::uint32_t to_ms(Milliseconds span) { return static_cast<std::uint32_t>(span.count()); }

}  // namespace

void Node::on(Origin from, const request::Lock& request) {
  const std::optional<Moment> held = take_held_back(from.connection);
  lock_deadline_ = held.value_or(wait_deadline(request.wait));
  if (held && *held <= now_ - skipped_) {
    refuse(from, ErrorCode::timeout);
    return;
  }
  lock(from, request);
  // Parked again for another reason: its wait still counts from when it was sent.
  if (held && out_->parked) remember_held_back(from.connection, *held);
}

void Node::lock(Origin from, const request::Lock& request) {
  if (refuse_lock(from, request) || refuse_without_session(from)) return;
  Slot session = session_of(from);
  if (session != no_slot && request.ttl) {
    refuse(from, ErrorCode::bad_request,
           "this connection has a session, whose ttl counts: leave ttl out, or CLOSE first");
    return;
  }
  if (!request.id.empty() && lock_by_id(from, request, session)) return;
  Slot same = request.id.empty() ? no_slot
                                 : table_->find_id(session, {}, request.names.front(), request.id);
  bool is_new = same == no_slot;  // what an id has already needs no room
  if (hold_back(from, request)) return;
  if (refuse_busy(from, request, session)) return;
  if (is_new && refuse_beyond_limits(from, request, session)) return;
  if (parked_for_tokens(from)) return;
  Milliseconds ttl = request.ttl.value_or(settings_.leases.default_ttl);
  if (session == no_slot && parked_for_ttl(from, ttl)) return;
  make_lock_record(from, request, session);
}

bool Node::refuse_lock(Origin from, const request::Lock& request) {
  auto no = [&](std::string_view message) {
    refuse(from, ErrorCode::bad_request, message);
    return true;
  };
  if (draining_) {
    refuse(from, ErrorCode::shutting_down);
    return true;
  }
  if (request.names.size() != 1) return no("several names in one LOCK are not in this version");
  if (request.delay != Milliseconds{0}) return no("delay is not in this version");
  if (request.max_hold) return no("max_hold is not in this version");
  if (request.ttl && !is_ttl_in_range(*request.ttl)) return no(ttl_range_);
  return false;
}

bool Node::refuse_without_session(Origin from) {
  const Connection& connection = *connections_.find(from.connection);
  if (connection.opening > replica_.applied()) {
    park(from);  // which session it acts in is still on its way
    return true;
  }
  switch (connection.attachment) {
    case Attachment::none: break;
    case Attachment::failed:
      refuse(from, ErrorCode::no_session, "OPEN or RESUME failed here: repeat it, or CLOSE");
      return true;
    case Attachment::lapsed:
      refuse(from, ErrorCode::session_expired, "OPEN a new session, or CLOSE");
      return true;
    case Attachment::attached:
      // Its end stands in the log: await the outcome.
      if (!sessions_.is_ending(connection.session)) break;
      park(from);
      return true;
  }
  return false;
}

Slot Node::session_of(Origin from) { return connections_.find(from.connection)->session; }

bool Node::is_ttl_in_range(Milliseconds ttl) const {
  return ttl >= settings_.leases.min_ttl && ttl <= settings_.leases.max_ttl;
}

bool Node::nothing_in_flight_for(std::string_view name) const {
  return in_flight_.touching(name) == 0;
}

// The same id is the same acquisition. What only the log can tell is left to a record.
bool Node::lock_by_id(Origin from, const request::Lock& request, Slot session) {
  std::string_view name = request.names.front();
  Slot slot = table_->find_id(session, {}, name, request.id);
  if (slot != no_slot && table_->acquisition(slot).token().value != 0 && leases_.is_ending(slot)) {
    park(from);
    return true;
  }
  if (replica_.in_flight() > 0) return false;
  if (table_->is_spent(session, {}, name, request.id)) {
    confirm(from, reply::Error{.code = ErrorCode::cancelled, .message = "this id was cancelled"});
    return true;
  }
  return slot != no_slot && lock_again(from, request, slot);
}

bool Node::lock_again(Origin from, const request::Lock& request, Slot slot) {
  const locks::Acquisition& acquisition = table_->acquisition(slot);
  if (table_->name_of(acquisition.lock) != request.names.front() ||
      acquisition.mode != request.mode ||
      table_->details(acquisition.details)->slots != request.slots) {
    confirm(from, reply::Error{.code = ErrorCode::mismatch,
                               .message = "this id names another acquisition"});
    return true;
  }
  if (acquisition.stage == locks::Stage::holding) {
    if (hold_back(from, request)) return true;
    if (request.ttl && to_ms(*request.ttl) != acquisition.ttl_ms) return false;
    if (acquisition.session != no_slot) {
      renew_session(acquisition.session);
    } else {
      leases_.raise(slot, lease_end(acquisition.ttl_ms));
    }
    note_lease_connection(slot, from.connection);
    confirm(from, reply::Granted{acquisition.token(), ttl_of(acquisition)});
    return true;
  }
  if (request.wait == Milliseconds{0}) {
    confirm(from, busy(acquisition.lock));
    return true;
  }
  if (acquisition.stage == locks::Stage::unclaimed || request.ttl) return false;
  // A decision about this wait, still to become a record, must find that it was claimed anew.
  if (!backlog_.empty()) return false;
  askers_.add(slot, from, lock_deadline_);
  leases_.set(slot, askers_.furthest_deadline(slot));
  return true;
}

// Pollers must not fill the log.
bool Node::refuse_busy(Origin from, const request::Lock& request, Slot session) {
  std::string_view name = request.names.front();
  if (request.wait != Milliseconds{0} || !nothing_in_flight_for(name)) return false;
  // Not what this very id holds, or may hold by what stands in the log.
  if (!request.id.empty() &&
      (replica_.in_flight() > 0 || table_->find_id(session, {}, name, request.id) != no_slot)) {
    return false;
  }
  if (table_->may_be_free(name, request.mode)) return false;
  Slot at = table_->find_lock(name);
  if (table_->differs_in_slots(table_->lock(at), request.mode, request.slots)) {
    confirm(from, reply::Error{.code = ErrorCode::mismatch, .message = other_slots});
  } else {
    confirm(from, busy(at));
  }
  return true;
}

bool Node::refuse_beyond_limits(Origin from, const request::Lock& request, Slot session) {
  const Limits& limits = settings_.limits;
  if (refuse_for_memory(from) || refuse_for_disk(from)) return true;
  Slot at = table_->find_lock(request.names.front());
  if (at == no_slot && refuse_at_limit(from, "locks", table_->lock_count(), limits.locks)) {
    return true;
  }
  bool may_wait = request.wait != Milliseconds{0} &&
                  (at != no_slot || !nothing_in_flight_for(request.names.front()));
  if (may_wait) {
    std::uint32_t waiters = at == no_slot ? 0 : table_->lock(at).waiters;
    if (refuse_at_limit(from, "waiters_per_lock", waiters, limits.waiters_per_lock)) return true;
  }
  if (session == no_slot) return false;
  const locks::Session& own = table_->session(session);
  if (may_wait &&
      refuse_at_limit(from, "waiters_per_session", own.waits, limits.waiters_per_session)) {
    return true;
  }
  return refuse_at_limit(from, "locks_per_session", std::uint64_t{own.holds} + own.waits,
                         limits.locks_per_session);
}

bool Node::refuse_at_limit(Origin from, std::string_view name, std::uint64_t now,
                           std::uint64_t limit) {
  if (now + replica_.in_flight() < limit) return false;
  if (now >= limit) {
    answer(from, reply::Error{.code = ErrorCode::limit, .limit = name});
  } else {
    park(from);  // records in flight may reach it: count again when they are applied
  }
  return true;
}

bool Node::refuse_for_memory(Origin from) {
  std::size_t used = table_->memory() + replica_.log().bytes() + watches_.memory();
  if (used < settings_.limits.memory) return false;
  answer(from, reply::Error{.code = ErrorCode::limit,
                            .message = "memory is used up; renew and unlock go on",
                            .limit = "memory"});
  return true;
}

bool Node::refuse_for_disk(Origin from) {
  if (!disk_full_) return false;
  refuse(from, ErrorCode::disk_full, "no new locks until there is room; renew and unlock go on");
  return true;
}

void Node::make_lock_record(Origin from, const request::Lock& request, Slot session) {
  const Connection& connection = *connections_.find(from.connection);
  record::Lock lock;
  lock.names = request.names;
  lock.mode = request.mode;
  lock.slots = request.slots;
  lock.id = request.id;
  lock.wait = request.wait != Milliseconds{0};
  lock.ttl_given = request.ttl.has_value();
  lock.note = request.note;
  lock.stamp_ms = wall_ms();
  if (session != no_slot) {
    lock.session = table_->session(session).id;
  } else {
    lock.ttl_ms = to_ms(request.ttl ? *request.ttl : settings_.leases.default_ttl);
    lock.address = connection.address;
  }
  LogIndex index = propose(lock, from);
  if (lock.wait) in_flight_.add_wait(index, lock_deadline_);
}

void Node::on(Origin from, const request::Unlock& request) {
  if (request.names.size() != 1) {
    refuse(from, ErrorCode::bad_request, "several names in one UNLOCK are not in this version");
    return;
  }
  const Connection& connection = *connections_.find(from.connection);
  if (connection.opening > replica_.applied()) return park(from);
  bool attached = connection.attachment == Attachment::attached;
  if (attached && sessions_.is_ending(connection.session)) return park(from);
  std::string_view name = request.names.front();
  bool is_held = table_->find_holder(name, request.token) != no_slot;
  if (!is_held && nothing_in_flight_for(name)) {
    confirm(from, reply::Error{.code = ErrorCode::not_held});
    return;
  }
  SessionId session;
  if (Slot own = session_of(from); own != no_slot) session = table_->session(own).id;
  propose(record::Unlock{{}, session, request.names, request.token}, from);
}

void Node::on(Origin from, const request::Renew& request) {
  if (parked_behind_own(from)) return;
  if (request.ttl && !is_ttl_in_range(*request.ttl)) {
    refuse(from, ErrorCode::bad_request, ttl_range_);
    return;
  }
  Slot slot = table_->find_holder(request.name, request.token);
  if (slot == no_slot) {
    confirm(from, reply::Error{.code = ErrorCode::not_held});
    return;
  }
  const locks::Acquisition& holder = table_->acquisition(slot);
  if (holder.session != no_slot) {
    refuse(from, ErrorCode::bad_request, "this lock belongs to a session: KEEPALIVE renews it");
    return;
  }
  if (leases_.is_ending(slot) && !is_mutant(Mutant::renew_revives)) {
    park(from);
    return;
  }
  note_lease_connection(slot, from.connection);
  std::uint32_t ttl_ms = request.ttl ? to_ms(*request.ttl) : holder.ttl_ms;
  leases_.raise(slot, lease_end(ttl_ms));
  bool may_change = in_flight_.changes_a_ttl() && !nothing_in_flight_for(request.name);
  if (ttl_ms != holder.ttl_ms || may_change) {
    if (parked_for_ttl(from, Milliseconds{ttl_ms})) return;
    // Without ttl= it is the grant's own, whatever that is once the record applies.
    propose(record::RenewTtl{{}, {request.name, request.token}, request.ttl ? ttl_ms : 0}, from);
  } else {
    confirm(from, reply::Lasting{Milliseconds{ttl_ms}});
  }
}

void Node::on(Origin from, const request::Verify& request) {
  if (parked_behind_own(from)) return;
  Slot slot = table_->find_holder(request.name, request.token);
  if (slot == no_slot) {
    confirm(from, reply::Error{.code = ErrorCode::not_held});
    return;
  }
  const locks::Acquisition& holder = table_->acquisition(slot);
  bool leased = holder.session == no_slot;
  const TimerQueue& timers = leased ? leases_ : sessions_;
  Slot timer = leased ? slot : holder.session;
  if (timers.is_ending(timer) || timers.deadline(timer) <= now_ - skipped_) {
    // Past its deadline: its end goes to the log first, and this waits for what comes of it.
    if (!timers.is_ending(timer)) {
      judge(slot);
      static_cast<void>(settle_judged());
    }
    park(from);
    return;
  }
  confirm(from, reply::Lasting{expires_in(slot)});
}

void Node::on(Origin from, const request::Cancel& request) {
  static_cast<void>(take_held_back(from.connection));
  if (parked_behind_own(from) || refuse_without_session(from)) return;
  if (draining_) {
    refuse(from, ErrorCode::shutting_down);
    return;
  }
  if (hold_back(from, request)) return;
  SessionId session;
  if (Slot own = session_of(from); own != no_slot) session = table_->session(own).id;
  propose(record::Cancel{{}, session, request.name, request.id}, from);
}

void Node::on(Origin from, const request::Slots& request) {
  if (parked_behind_own(from)) return;
  propose(record::SetSlots{{}, request.name, request.slots}, from);
}

void Node::on(Origin from, const request::Break& request) {
  if (parked_behind_own(from)) return;
  propose(record::Break{{}, {request.name, request.token}, request.reason}, from);
}

}  // namespace pawl::node

// SPDX-License-Identifier: Apache-2.0
//
// LOCK: what the primary judges before it makes a record, and what needs none.
#include <algorithm>

#include "node/node.hpp"
#include "node/refusals.hpp"

namespace pawl::node {

namespace record = locks::record;

namespace {

// Of delay= and max_hold=: a month.
constexpr Milliseconds longest_span = std::chrono::hours{24 * 30};

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
  Slot same = request.id.empty()
                  ? no_slot
                  : table_->find_id(session, user_name(from), request.names, request.id);
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
  if (request.delay > longest_span) return no("delay must be from 0 to 2592000000 ms");
  if (request.max_hold && *request.max_hold > longest_span) {
    return no("max_hold must be from 1 to 2592000000 ms");
  }
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

bool Node::nothing_in_flight_for(Names names) const {
  return std::all_of(names.begin(), names.end(),
                     [this](std::string_view name) { return nothing_in_flight_for(name); });
}

// The same id is the same acquisition. What only the log can tell is left to a record.
bool Node::lock_by_id(Origin from, const request::Lock& request, Slot session) {
  Slot slot = table_->find_id(session, user_name(from), request.names, request.id);
  if (slot != no_slot && table_->acquisition(slot).token().value != 0 && awaits_end(slot)) {
    park(from);
    return true;
  }
  if (replica_.in_flight() > 0) return false;
  if (slot != no_slot) return lock_again(from, request, slot);
  if (!table_->is_spent(session, user_name(from), request.names, request.id)) return false;
  confirm(from, reply::Error{.code = ErrorCode::cancelled, .message = "this id was cancelled"});
  return true;
}

bool Node::lock_again(Origin from, const request::Lock& request, Slot slot) {
  const locks::Acquisition& acquisition = table_->acquisition(slot);
  locks::Verdict known = table_->recognise(slot, request.names, request.mode, request.slots);
  if (known != locks::Verdict::none) {
    bool is_other = known == locks::Verdict::mismatch;
    confirm(from, reply::Error{.code = is_other ? ErrorCode::mismatch : ErrorCode::not_held,
                               .message = is_other ? other_acquisition : part_is_gone});
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
    lease_connections_.note(slot, from.connection);
    confirm(from, reply::Granted{acquisition.token(), ttl_of(slot)});
    return true;
  }
  if (request.wait == Milliseconds{0}) {
    confirm(from, busy(table_->lock_in_the_way_of(slot)));
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
  if (request.wait != Milliseconds{0} || !nothing_in_flight_for(request.names)) return false;
  // Not what this very id holds, or may hold by what stands in the log.
  if (!request.id.empty() &&
      (replica_.in_flight() > 0 ||
       table_->find_id(session, user_name(from), request.names, request.id) != no_slot)) {
    return false;
  }
  auto is_taken = [&](std::string_view name) { return !table_->may_be_free(name, request.mode); };
  auto taken = std::find_if(request.names.begin(), request.names.end(), is_taken);
  if (taken == request.names.end()) return false;
  if (differs_in_slots(request)) {
    confirm(from, reply::Error{.code = ErrorCode::mismatch, .message = other_slots});
  } else {
    confirm(from, busy(table_->find_lock(*taken)));
  }
  return true;
}

bool Node::differs_in_slots(const request::Lock& request) const {
  return std::any_of(request.names.begin(), request.names.end(), [&](std::string_view name) {
    Slot at = table_->find_lock(name);
    return at != no_slot && table_->differs_in_slots(at, request.mode, request.slots);
  });
}

bool Node::refuse_beyond_limits(Origin from, const request::Lock& request, Slot session) {
  if (refuse_for_memory(from) || refuse_for_disk(from)) return true;
  if (refuse_locks(from, request.names)) return true;
  bool may_wait = false;
  if (request.wait != Milliseconds{0} && refuse_waiters(from, request.names, may_wait)) return true;
  if (session == no_slot) return false;
  const Limits& limits = settings_.limits;
  const locks::Session& own = table_->session(session);
  std::size_t names = request.names.size();
  if (may_wait && refuse_at_limit(from, {"waiters_per_session", own.waits,
                                         limits.waiters_per_session, names})) {
    return true;
  }
  return refuse_at_limit(from, {"locks_per_session", std::uint64_t{own.holds} + own.waits,
                                limits.locks_per_session, names});
}

// Which names get a lock is looked up only where there might not be room for all.
bool Node::refuse_locks(Origin from, Names names) {
  Room room{"locks", table_->lock_count(), settings_.limits.locks, names.size()};
  if (is_surely_free(room)) return false;
  auto is_fresh = [this](std::string_view name) { return table_->find_lock(name) == no_slot; };
  room.wanted = static_cast<std::uint64_t>(std::count_if(names.begin(), names.end(), is_fresh));
  return room.wanted != 0 && refuse_at_limit(from, room);
}

bool Node::refuse_waiters(Origin from, Names names, bool& may_wait) {
  for (std::string_view name : names) {
    Slot at = table_->find_lock(name);
    if (at == no_slot && nothing_in_flight_for(name)) continue;
    may_wait = true;
    std::uint32_t waiters = at == no_slot ? 0 : table_->lock(at).waiters;
    if (refuse_at_limit(from, {"waiters_per_lock", waiters, settings_.limits.waiters_per_lock})) {
      return true;
    }
  }
  return false;
}

bool Node::is_surely_free(const Room& room) const {
  std::uint64_t with_this = room.now + room.wanted - 1;
  return with_this + replica_.in_flight() + in_flight_.further_names() < room.limit;
}

bool Node::refuse_at_limit(Origin from, const Room& room) {
  if (is_surely_free(room)) return false;
  if (room.now + room.wanted - 1 >= room.limit) {
    answer(from, reply::Error{.code = ErrorCode::limit, .limit = room.name});
  } else {
    park(from);  // records in flight may reach it: count again when they are applied
  }
  return true;
}

std::size_t Node::memory_used() const {
  std::size_t used = table_->memory() + replica_.log().bytes();
  return watches_.empty() ? used : used + watches_.memory();
}

bool Node::refuse_for_memory(Origin from) {
  // A LOCK of several names grows as it applies: its note is kept with each.
  constexpr std::uint64_t most_of_a_name = 2'048;
  std::uint64_t to_come = in_flight_.further_names() * most_of_a_name;
  if (memory_used() + to_come < settings_.limits.memory) return false;
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
  lock.user = user_name(from);
  lock.names = request.names;
  lock.mode = request.mode;
  lock.slots = request.slots;
  lock.id = request.id;
  lock.wait = request.wait != Milliseconds{0};
  lock.ttl_given = request.ttl.has_value();
  lock.delay_ms = to_ms(request.delay);
  if (request.max_hold) lock.max_hold_ms = to_ms(*request.max_hold);
  lock.note = request.note;
  lock.stamp_ms = wall_ms();
  if (session != no_slot) {
    lock.session = table_->session(session).id;
  } else {
    lock.ttl_ms = to_ms(request.ttl ? *request.ttl : settings_.leases.default_ttl);
    lock.address = connection.address;
  }
  LogIndex index = propose_request(lock, from);
  if (lock.wait) in_flight_.add_wait(index, lock_deadline_);
}

}  // namespace pawl::node

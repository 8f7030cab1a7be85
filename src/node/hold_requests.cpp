// SPDX-License-Identifier: Apache-2.0
//
// Requests about locks that are held, or awaited: what the primary judges before it makes a record,
// and what needs none.
#include <algorithm>

#include "base/mutant.hpp"
#include "node/node.hpp"

namespace pawl::node {

namespace record = locks::record;

void Node::on(Origin from, const request::Unlock& request) {
  const Connection& connection = *connections_.find(from.connection);
  if (connection.opening > replica_.applied()) return park(from);
  bool attached = connection.attachment == Attachment::attached;
  if (attached && sessions_.is_ending(connection.session)) return park(from);
  auto is_held = [&](std::string_view name) {
    return table_->find_holder(name, request.token) != no_slot;
  };
  bool are_held = std::all_of(request.names.begin(), request.names.end(), is_held);
  // A grant in the log is told to nobody yet: who names its token guesses, and could be anybody.
  bool may_guess = settings_.access.is_on();
  if (!are_held && may_guess && parked_behind_own(from)) return;
  if (!are_held && (may_guess || nothing_in_flight_for(request.names))) {
    confirm(from, reply::Error{.code = ErrorCode::not_held});
    return;
  }
  if (are_held && may_guess) {
    for (std::string_view name : request.names) {
      if (refuse_of_another(from, table_->find_holder(name, request.token))) return;
    }
  }
  SessionId session;
  if (Slot own = session_of(from); own != no_slot) session = table_->session(own).id;
  propose_request(record::Unlock{user_name(from), session, request.names, request.token}, from);
}

void Node::on(Origin from, const request::Renew& request) {
  if (parked_behind_own(from)) return;
  if (request.ttl && !is_ttl_in_range(*request.ttl)) {
    refuse(from, ErrorCode::bad_request, ttl_range_);
    return;
  }
  Slot slot = find_hold(request.name, request.token);
  if (slot == no_slot) {
    confirm(from, reply::Error{.code = ErrorCode::not_held});
    return;
  }
  bool refused = false;
  table_->each_name(table_->head_of(slot), [&](Slot one) {  // of several it renews all
    refused = refused || refuse_of_another(from, one);
  });
  if (refused) return;
  const locks::Acquisition& holder = table_->acquisition(slot);
  if (holder.session != no_slot) {
    refuse(from, ErrorCode::bad_request, "this lock belongs to a session: KEEPALIVE renews it");
    return;
  }
  if (awaits_end(slot) && !is_mutant(Mutant::renew_revives)) {
    park(from);
    return;
  }
  lease_connections_.note(slot, from.connection);
  auto ttl_ms = request.ttl ? static_cast<std::uint32_t>(request.ttl->count()) : holder.ttl_ms;
  note_renewal(leases_, slot, holder.ttl_ms);
  leases_.raise(slot, lease_end(ttl_ms));
  bool may_change = in_flight_.changes_a_ttl() && !nothing_in_flight_for_any_of(slot);
  if (ttl_ms != holder.ttl_ms || may_change) {
    if (parked_for_ttl(from, Milliseconds{ttl_ms})) return;
    // Without ttl= it is the grant's own, whatever that is once the record applies.
    propose(
        record::RenewTtl{user_name(from), {request.name, request.token}, request.ttl ? ttl_ms : 0},
        from);
  } else {
    confirm(from, reply::Lasting{ttl_of(slot)});
  }
}

void Node::on(Origin from, const request::Verify& request) {
  if (parked_behind_own(from)) return;
  Slot slot = find_hold(request.name, request.token);
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
  } else if (awaits_end(slot)) {
    park(from);
  } else {
    confirm(from, reply::Lasting{expires_in(slot)});
  }
}

// The grant that a token names; of several names, by any of them.
Slot Node::find_hold(std::string_view name, Token token) const {
  Slot slot = table_->find_holder(name, token);
  return slot == no_slot ? no_slot : table_->head_of(slot);
}

// A record about one of its names is about the grant.
bool Node::nothing_in_flight_for_any_of(Slot hold) const {
  for (Slot slot = hold; slot != no_slot; slot = table_->sibling_of(slot)) {
    if (!nothing_in_flight_for(table_->name_of(table_->acquisition(slot).lock))) return false;
  }
  return true;
}

// Its end stands in the log, or is due by its max_hold and goes there now: whoever asks about it
// awaits the outcome.
bool Node::awaits_end(Slot hold) {
  if (max_holds_.deadline(hold) <= now_ - skipped_) {
    std::vector<locks::HoldName> taken;
    take_back(hold, taken);
    propose(record::TakeBack{replica_.epoch(), taken}, {});
  }
  return leases_.is_ending(hold) || max_holds_.is_decided(hold);
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
  propose(record::Cancel{user_name(from), session, request.name, request.id}, from);
}

void Node::on(Origin from, const request::Slots& request) {
  if (parked_behind_own(from)) return;
  propose(record::SetSlots{user_name(from), request.name, request.slots}, from);
}

void Node::on(Origin from, const request::Break& request) {
  if (parked_behind_own(from)) return;
  propose(record::Break{user_name(from), {request.name, request.token}, request.reason}, from);
}

}  // namespace pawl::node

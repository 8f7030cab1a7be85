// SPDX-License-Identifier: Apache-2.0
//
// Requests about sessions. A failed OPEN or RESUME leaves the connection without a session, so that
// no LOCK behind it silently becomes a leased lock.
#include <algorithm>

#include "base/mutant.hpp"
#include "node/node.hpp"

namespace pawl::node {

namespace record = locks::record;

void Node::refuse_session(Origin from, const reply::Error& error) {
  Connection& connection = *connections_.find(from.connection);
  if (connection.attachment != Attachment::attached) connection.attachment = Attachment::failed;
  answer(from, error);
}

void Node::refuse_others_session(Origin from) {
  refuse_session(from, {.code = ErrorCode::forbidden,
                        .message = "another user's session goes by that id: choose another one"});
}

void Node::on(Origin from, const request::Open& request) {
  if (parked_behind_own(from)) return;
  const Connection& connection = *connections_.find(from.connection);
  if (connection.attachment == Attachment::attached) {
    if (sessions_.is_ending(connection.session)) return park(from);
    refuse(from, ErrorCode::bad_request, "this connection has a session: CLOSE it first");
    return;
  }
  Milliseconds ttl = request.ttl.value_or(settings_.session_default_ttl);
  if (!is_ttl_in_range(ttl)) {
    refuse_session(from, {.code = ErrorCode::bad_request, .message = ttl_range_});
    return;
  }
  if (draining_) {
    refuse_session(from, {.code = ErrorCode::shutting_down});
    return;
  }
  std::string_view secret = request.id.empty() ? request.secret : request.id;
  Slot there = table_->find_session(secret);
  if (there != no_slot && sessions_.is_ending(there)) return park(from);
  if (there != no_slot && replica_.in_flight() == 0) {
    const locks::Session& session = table_->session(there);
    if (is_of_another(from, session)) return refuse_others_session(from);
    renew_session(there);
    connections_.attach(from.connection, there);
    confirm(from, reply::Opened{.secret = session.secret,
                                .handle = session.id,
                                .ttl = Milliseconds{session.ttl_ms},
                                .is_new = false});
    return;
  }
  const Limits& limits = settings_.limits;
  // Attaching to one that is there needs no room.
  if (there == no_slot &&
      (refuse_for_memory(from) || refuse_for_disk(from) ||
       refuse_at_limit(from, {"sessions", table_->session_count(), limits.sessions}))) {
    Connection& refused = *connections_.find(from.connection);
    if (!out_->parked) refused.attachment = Attachment::failed;
    return;
  }
  if (parked_for_ttl(from, ttl)) return;
  record::OpenSession open;
  open.user = user_name(from);
  open.secret = secret;
  open.name = request.name;
  open.address = connection.address;
  open.ttl_ms = static_cast<std::uint32_t>(ttl.count());
  open.on_disconnect = request.on_disconnect;
  open.deadlock = request.deadlock;
  open.stamp_ms = wall_ms();
  connections_.find(from.connection)->opening = propose(open, from);
}

// Another user's is none.
Slot Node::find_own_session(Origin from, std::string_view secret) const {
  Slot slot = table_->find_session(secret);
  return slot != no_slot && is_of_another(from, table_->session(slot)) ? no_slot : slot;
}

void Node::on(Origin from, const request::Resume& request) {
  if (parked_behind_own(from)) return;
  const Connection& connection = *connections_.find(from.connection);
  Slot slot = find_own_session(from, request.secret);
  if (slot != no_slot && sessions_.is_ending(slot)) return park(from);
  bool attached = connection.attachment == Attachment::attached;
  if (attached && sessions_.is_ending(connection.session)) return park(from);
  if (attached && connection.session != slot) {
    refuse(from, ErrorCode::bad_request, "this connection has another session: CLOSE it first");
    return;
  }
  if (slot == no_slot) {
    connections_.find(from.connection)->attachment = Attachment::failed;
    // Another primary, unknown here, may have opened it.
    confirm(from, reply::Error{.code = ErrorCode::session_expired});
    return;
  }
  const locks::Session& session = table_->session(slot);
  renew_session(slot);
  connections_.attach(from.connection, slot);
  confirm(from, reply::Resumed{session.secret, session.id, Milliseconds{session.ttl_ms}});
}

void Node::on(Origin from, const request::KeepAlive& request) {
  if (parked_behind_own(from)) return;
  if (!request.secrets.empty()) return keep_alive_named(from, request.secrets);
  const Connection& connection = *connections_.find(from.connection);
  if (connection.attachment == Attachment::none) {
    refuse(from, ErrorCode::no_session, "OPEN or RESUME a session first");
    return;
  }
  if (refuse_without_session(from)) return;
  note_renewal(sessions_, connection.session, table_->session(connection.session).ttl_ms);
  if (!is_mutant(Mutant::keepalive_ignored)) renew_session(connection.session);
  confirm(from, reply::KeptAlive{Milliseconds{table_->session(connection.session).ttl_ms}, 0});
}

void Node::keep_alive_named(Origin from, Names secrets) {
  reply::KeptAlive kept{Milliseconds::max(), 0};
  for (std::string_view secret : secrets) {
    Slot slot = find_own_session(from, secret);
    if (slot != no_slot && sessions_.is_ending(slot)) return park(from);
  }
  for (std::string_view secret : secrets) {
    Slot slot = find_own_session(from, secret);
    if (slot == no_slot) {
      ++kept.expired;
      continue;
    }
    note_renewal(sessions_, slot, table_->session(slot).ttl_ms);
    renew_session(slot);
    kept.ttl = std::min(kept.ttl, Milliseconds{table_->session(slot).ttl_ms});
  }
  if (kept.expired == secrets.size()) {
    confirm(from, reply::Error{.code = ErrorCode::session_expired});
  } else {
    confirm(from, kept);
  }
}

void Node::on(Origin from, const request::Close&) {
  if (parked_behind_own(from)) return;
  Connection& connection = *connections_.find(from.connection);
  switch (connection.attachment) {
    case Attachment::none:
      refuse(from, ErrorCode::no_session, "this connection has no session");
      return;
    case Attachment::failed:
    case Attachment::lapsed:
      connection.attachment = Attachment::none;
      answer(from, reply::Closed{0});
      return;
    case Attachment::attached: break;
  }
  if (sessions_.is_ending(connection.session)) return park(from);
  sessions_.mark_decided(connection.session);
  propose(record::CloseSession{table_->session(connection.session).id}, from);
}

}  // namespace pawl::node

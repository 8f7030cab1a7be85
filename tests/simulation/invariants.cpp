// SPDX-License-Identifier: Apache-2.0
//
// What answers may say.
#include "invariants.hpp"

#include <algorithm>

#include "base/overloaded.hpp"
#include "translate.hpp"

namespace pawl::simulation {

void Invariants::fail(std::string law, std::string text) const {
  throw Violation{std::move(law), std::move(text)};
}

std::string Invariants::describe(std::uint64_t token) const {
  auto found = holds_.find(token);
  if (found == holds_.end()) return "token " + std::to_string(token) + ", never seen";
  const Hold& hold = found->second;
  return "token " + std::to_string(token) + " of " + hold.name + ", session s" +
         std::to_string(hold.session.value) + (hold.id.empty() ? "" : ", id " + hold.id) +
         ", granted to #" + std::to_string(hold.creator);
}

std::string Invariants::key_of(SessionId session, std::string_view name, std::string_view id) {
  std::string key = "s" + std::to_string(session.value) + '/';
  if (session.value == 0) key.append(name).append("/");
  return key.append(id);
}

void Invariants::on_stepped(Operation& operation) {
  const Ask& ask = operation.ask;
  if (operation.begun == operation.stepped) outstanding_.push_back({operation.number, slack_});
  auto hold = holds_.find(ask.token.value);
  bool names_it = hold != holds_.end() && hold->second.name == ask.name;
  if (ask.verb == Verb::unlock && names_it) hold->second.unlock_asked = true;
  if (ask.verb == Verb::break_lock && names_it) hold->second.break_asked = true;
  if (ask.verb == Verb::renew && names_it) {
    // The node may lengthen the lease when it takes the request up.
    expect_lapse(hold->second.lapse, ask.ttl.value_or(options_.most_ttl));
  }
  // Among several nodes it may be known to its client only by what another connection was told.
  if (options_.cluster && ask.verb == Verb::close && operation.scope.value != 0) {
    Session& closing = session_seen(operation.scope, operation);
    closing.closing = true;
    expect_lapse(closing.lapse, options_.most_ttl);
  }
  if (auto own = sessions_.find(operation.scope.value); own != sessions_.end()) {
    if (ask.verb == Verb::close) own->second.closing = true;
    bool renews = ask.verb == Verb::lock || ask.verb == Verb::unlock;
    if (renews && options_.durability != Durability::none) {
      expect_lapse(own->second.lapse, own->second.ttl);
    }
  }
  if (ask.verb == Verb::open) {
    // Attached to a session that is there, it renews it, though its answer may reach nobody.
    Slot slot = truth_.table().find_session(ask.id.empty() ? ask.secret : ask.id);
    SessionId there = slot == no_slot ? SessionId{} : truth_.table().session(slot).id;
    auto session = sessions_.find(there.value);
    if (session != sessions_.end()) expect_lapse(session->second.lapse, session->second.ttl);
  }
  if (options_.cluster) expect_renewal(operation);
  if (ask.id.empty() || ask.verb == Verb::open) return;
  Id& id = ids_[key_of(operation.scope, ask.name, ask.id)];
  if (ask.verb == Verb::cancel) {
    id.cancel_asked = true;
    if (operation.begun == operation.stepped) ++cancels_;
  }
  if (ask.verb == Verb::lock) {
    // Parked, it may be stepped again, then perhaps in another session.
    if (id.asked.empty() || id.asked.back() != operation.number) {
      id.asked.push_back(operation.number);
    }
    id.floor = std::min(id.floor, operation.floor);
    // Repeated, it renews what it holds, though its answer may reach nobody.
    Hold* own = hold_of_key(key_of(operation.scope, ask.name, ask.id));
    if (own != nullptr) expect_lapse(own->lapse, ask.ttl.value_or(options_.most_ttl));
  }
}

void Invariants::on_answered(Operation& operation) {
  std::erase_if(outstanding_,
                [&](const Outstanding& one) { return one.operation == operation.number; });
  truth_.judge(operation);
  history_.fold(operation.number);
  history_.fold(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  history_.fold(operation.outcome.token.value);
  history_.fold(operation.outcome.error ? static_cast<std::uint64_t>(*operation.outcome.error)
                                        : 99);
  if (operation.outcome.error) return on_error(operation);
  switch (operation.ask.verb) {
    case Verb::lock: return on_lock_granted(operation);
    case Verb::unlock:
    case Verb::renew:
    case Verb::verify:
    case Verb::break_lock: return on_token_ok(operation);
    case Verb::cancel: return on_cancel_ok(operation);
    case Verb::open:
    case Verb::resume:
    case Verb::keep_alive: return on_session_ok(operation);
    case Verb::close:
    case Verb::show:
    case Verb::list:
    case Verb::events:
    case Verb::ping:
    case Verb::quit:
    case Verb::handover: return;
  }
}

Invariants::Hold& Invariants::hold_seen(Token token, const Operation& operation,
                                        SessionId session) {
  auto [found, is_new] = holds_.try_emplace(token.value);
  Hold& hold = found->second;
  if (!is_new) return hold;
  hold.name = operation.ask.name;
  hold.id = operation.ask.id;
  hold.session = session;
  hold.creator = operation.number;
  hold.seen = now_;
  hold.new_ttls = new_ttls_before_[token.value];
  Token floor = operation.floor;
  if (!hold.id.empty()) floor = ids_[key_of(session, hold.name, hold.id)].floor;
  if (token <= floor) fail("I2 real-time order", describe(token.value) + " after a greater one");
  if (!recovering_ && token <= granted_before_) {
    fail("I1 tokens rise over restarts", describe(token.value));
  }
  expect_lapse(hold.lapse, options_.most_ttl);
  if (auto owner = sessions_.find(session.value); owner != sessions_.end()) {
    expect_lapse(owner->second.lapse, owner->second.ttl);
  }
  return hold;
}

void Invariants::on_lock_granted(Operation& operation) {
  const Outcome& outcome = operation.outcome;
  const Ask& ask = operation.ask;
  bool known = holds_.contains(outcome.token.value);
  Hold& hold = hold_seen(outcome.token, operation, operation.scope);
  if (known) {
    bool same = hold.name == ask.name && hold.id == ask.id && hold.session == operation.scope;
    bool own = hold.creator == operation.number;
    if (!same || (ask.id.empty() && !own)) {
      fail("I1 unique tokens", to_text(operation) + " has " + describe(outcome.token.value));
    }
    if (hold.ended < operation.begun) {
      fail("I9 once per id", to_text(operation) + " has an ended grant");
    }
  }
  if (!ask.id.empty() && ids_[key_of(operation.scope, ask.name, ask.id)].spent) {
    fail("I9 once per id", to_text(operation) + ": its id was cancelled");
  }
  fresh_.push_back(outcome.token.value);
  if (operation.scope.value == 0) {
    promise(hold, operation, *outcome.ttl);
  } else {
    promise(session_seen(operation.scope, operation), operation, *outcome.ttl);
  }
}

// UNLOCK, RENEW, VERIFY and BREAK that were done: the token was a holder's.
void Invariants::on_token_ok(Operation& operation) {
  auto found = holds_.find(operation.ask.token.value);
  if (found == holds_.end() || found->second.name != operation.ask.name ||
      found->second.ended < operation.begun) {
    fail("I11 stale tokens do nothing",
         to_text(operation) + ": " + describe(operation.ask.token.value));
  }
  Hold& hold = found->second;
  bool foreign = hold.session.value != 0 && hold.session != operation.scope;
  if (operation.ask.verb == Verb::unlock) {
    if (foreign) fail("I11 a session's lock is its own", to_text(operation));
    if (hold.session.value == 0) return;
    if (auto own = sessions_.find(hold.session.value); own != sessions_.end()) {
      promise(own->second, operation, own->second.ttl);
    }
  }
  if (operation.ask.verb == Verb::renew || operation.ask.verb == Verb::verify) {
    if (operation.ask.verb == Verb::renew && hold.session.value != 0) {
      fail("I11 RENEW is for leased locks", to_text(operation));
    }
    promise(hold, operation, *operation.outcome.ttl);
  }
}

void Invariants::on_cancel_ok(Operation& operation) {
  const Ask& ask = operation.ask;
  if (operation.outcome.cancelled) {
    ids_[key_of(operation.scope, ask.name, ask.id)].spent = true;
    return;
  }
  auto found = holds_.find(operation.outcome.token.value);
  if (found == holds_.end()) {
    // Granted in this very step, to a connection that has gone: the table tells in a moment.
    if (operation.outcome.token > last_before_step_) return;
    fail("I9 once per id", to_text(operation) + ": an unknown token");
  }
  Hold& hold = found->second;
  if (hold.id != ask.id || hold.session != operation.scope || hold.ended < operation.begun) {
    fail("I9 once per id", to_text(operation) + ": " + describe(operation.outcome.token.value));
  }
  promise(hold, operation, *operation.outcome.ttl);
}

Invariants::Session& Invariants::session_seen(SessionId id, const Operation& operation) {
  auto [found, is_new] = sessions_.try_emplace(id.value);
  Session& session = found->second;
  if (!is_new) return session;
  session.id = id;
  session.client = operation.client;
  session.seen = now_;
  session.ttl = operation.outcome.ttl.value_or(options_.most_ttl);
  Slot slot = truth_.table().find_session(id);
  if (slot != no_slot) {
    session.release = truth_.table().session(slot).on_disconnect == OnDisconnect::release;
    session.ttl = Milliseconds{truth_.table().session(slot).ttl_ms};
  }
  live_sessions_.push_back(id.value);
  return session;
}

void Invariants::on_session_ok(Operation& operation) {
  SessionId id = operation.outcome.session;
  if (operation.ask.verb == Verb::keep_alive) {
    id = operation.scope;
    if (!operation.ask.secret.empty()) {
      Slot slot = truth_.table().find_session(operation.ask.secret);
      if (slot == no_slot) return;
      id = truth_.table().session(slot).id;
    }
  }
  Session& session = session_seen(id, operation);
  promise(session, operation, *operation.outcome.ttl);
  if (operation.ask.verb == Verb::keep_alive) return;
  if (!truth_.is_reigning(operation.link)) return;
  session.abandoned = false;
  if (std::find(session.links.begin(), session.links.end(), operation.link) ==
      session.links.end()) {
    session.links.push_back(operation.link);
  }
}

void Invariants::on_error(const Operation& operation) {
  const Ask& ask = operation.ask;
  switch (*operation.outcome.error) {
    case ErrorCode::bad_request:
    case ErrorCode::no_session: return;
    case ErrorCode::busy:
    case ErrorCode::timeout:
    case ErrorCode::cancelled: return on_lock_error(operation);
    case ErrorCode::mismatch:
      if (operation.scope.value != 0) return;
      break;
    case ErrorCode::not_held: {
      Slot slot = truth_.table().find_holder(ask.name, ask.token);
      auto hold = holds_.find(ask.token.value);
      if (slot == no_slot || hold == holds_.end() || hold->second.seen >= operation.begun) return;
      fail("I8 NOT_HELD said of a holder", to_text(operation));
    }
    case ErrorCode::session_expired: {
      // Granted from the queue while the end of its session stands in the log: lost before told.
      if (ask.verb == Verb::lock && truth_.is_in_flight()) return;
      SessionId id = operation.scope;
      if (ask.verb == Verb::resume || !ask.secret.empty()) {
        Slot slot = truth_.table().find_session(ask.secret);
        id = slot == no_slot ? SessionId{} : truth_.table().session(slot).id;
      }
      auto session = sessions_.find(id.value);
      if (id.value == 0 || truth_.table().find_session(id) == no_slot) return;
      if (session == sessions_.end() || session->second.seen >= operation.begun) return;
      fail("I8 SESSION_EXPIRED said of a live one", to_text(operation));
    }
    case ErrorCode::unknown_command:
    case ErrorCode::too_long:
    case ErrorCode::deadlock:
    case ErrorCode::limit:
    case ErrorCode::disk_full:
      if (disk_was_full_) return;
      break;
    case ErrorCode::shutting_down:
    case ErrorCode::not_primary:
    case ErrorCode::no_quorum:
      if (options_.cluster) return;
      break;
    case ErrorCode::unauthenticated:
    case ErrorCode::forbidden:
    case ErrorCode::internal: break;
  }
  fail("I12 an answer without cause", to_text(operation));
}

void Invariants::on_lock_error(const Operation& operation) {
  const Ask& ask = operation.ask;
  Id* id = nullptr;
  if (!ask.id.empty()) id = &ids_[key_of(operation.scope, ask.name, ask.id)];
  if (*operation.outcome.error == ErrorCode::busy) {
    if (ask.wait != Milliseconds{0}) fail("I12 BUSY to a wait", to_text(operation));
    const Hold* own =
        id == nullptr ? nullptr : hold_of_key(key_of(operation.scope, ask.name, ask.id));
    bool held_back = operation.begun < grants_from_;
    if (own != nullptr && own->seen < operation.begun && !held_back) {
      fail("I9 BUSY said to the holder", to_text(operation));
    }
    // A flush may carry a grant and its end at once, which no look at the table sees.
    if (options_.durability != Durability::none || held_back) return;
    for (const View& view : views_) {
      if (view.name == ask.name && view.last_busy < operation.invoked &&
          truth_.table().find_lock(ask.name) == no_slot) {
        fail("I12 BUSY said of a free lock", to_text(operation));
      }
    }
    return;
  }
  if (*operation.outcome.error == ErrorCode::timeout) {
    // By the node's clock, which may be faster.
    Span passed = now_ - operation.invoked;
    if (options_.cluster) passed += passed / 1'000;
    if (ask.wait == wait_forever || passed < ask.wait) {
      fail("I12 TIMEOUT before its time", to_text(operation));
    }
    return;
  }
  auto session = sessions_.find(operation.scope.value);
  bool closed = session != sessions_.end() && session->second.closing;
  if ((id != nullptr && id->cancel_asked) || closed || links_[operation.link].input_ended) return;
  bool quits = std::any_of(outstanding_.begin(), outstanding_.end(), [&](const Outstanding& one) {
    const Operation& other = history_[one.operation];
    return other.link == operation.link && other.ask.verb == Verb::quit;
  });
  if (!quits) fail("I12 CANCELLED without cause", to_text(operation));
}

// The live hold of an id, if any.
Invariants::Hold* Invariants::hold_of_key(const std::string& key) {
  for (const View& view : views_) {
    if (view.token == 0) continue;
    Hold& hold = holds_.at(view.token);
    if (hold.ended == never && !hold.id.empty() &&
        key_of(hold.session, hold.name, hold.id) == key &&
        truth_.table().find_holder(hold.name, Token{view.token}) != no_slot) {
      return &hold;
    }
  }
  return nullptr;
}

void Invariants::on_push(const EventBody& push) {
  const auto* lost = std::get_if<event::LostLock>(&push);
  if (lost == nullptr) return;
  if (truth_.table().find_holder(lost->name, lost->token) != no_slot) {
    fail("I8 LOST said of a holder", describe(lost->token.value));
  }
}

void Invariants::on_input_ended(std::uint32_t link) { links_[link].input_ended = true; }

void Invariants::on_ended(std::uint32_t link, SessionId) {
  links_[link].input_ended = links_[link].over = true;
  for (const Outstanding& one : outstanding_) {
    // It may be attached, or will be and then find its connection gone, though nobody was told.
    const Operation& operation = history_[one.operation];
    const bool attaches = operation.ask.verb == Verb::resume || operation.ask.verb == Verb::open;
    if (operation.link != link || !attaches) continue;
    for (std::uint64_t id : live_sessions_) {
      Session& session = sessions_.at(id);
      if (session.release && session.client == operation.client) session.closing = true;
    }
  }
  std::erase_if(outstanding_,
                [&](const Outstanding& one) { return history_[one.operation].link == link; });
  for (std::uint64_t id : live_sessions_) {
    Session& session = sessions_.at(id);
    if (std::erase(session.links, link) == 0) continue;
    if (!session.release || !session.links.empty()) continue;
    if (!truth_.is_reigning(link)) {
      session.closing = true;
      continue;
    }
    session.abandoned = true;
    session.release_by = {now_, slack_};
  }
}

void Invariants::on_pause(Span length) { slack_ += length + std::chrono::milliseconds{300}; }

}  // namespace pawl::simulation

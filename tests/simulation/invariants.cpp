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
  std::string names;
  for (const Part& part : hold.parts) names += ' ' + part.name;
  return "token " + std::to_string(token) + " of" + names + ", session s" +
         std::to_string(hold.session.value) + (hold.id.empty() ? "" : ", id " + hold.id) +
         ", granted to #" + std::to_string(hold.creator);
}

std::string Invariants::key_of(SessionId session, std::string_view name, std::string_view id) {
  std::string key = "s" + std::to_string(session.value) + '/';
  if (session.value == 0) key.append(name).append("/");
  return key.append(id);
}

Invariants::Part* Invariants::Hold::part(std::string_view name) {
  auto found =
      std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.name == name; });
  return found == parts.end() ? nullptr : &*found;
}

bool Invariants::View::is_held_by(std::uint64_t token) const {
  return std::any_of(holders.begin(), holders.end(),
                     [&](const Holder& holder) { return holder.token == token; });
}

bool Invariants::View::is_delayed_by(std::uint64_t token) const {
  return std::any_of(delays.begin(), delays.end(),
                     [&](const Delay& delay) { return delay.token == token; });
}

void Invariants::on_hold_asked(const Ask& ask) {
  auto found = holds_.find(ask.token.value);
  if (found == holds_.end()) return;
  Hold& hold = found->second;
  bool names_it = true;
  ask.each_name(
      [&](const std::string& name) { names_it = names_it && hold.part(name) != nullptr; });
  if (!names_it) return;
  if (ask.verb == Verb::unlock) {
    ask.each_name([&](const std::string& name) { hold.part(name)->unlock_asked = true; });
  }
  if (ask.verb == Verb::break_lock) hold.part(ask.name)->break_asked = true;
  // The node may lengthen the lease when it takes the request up.
  if (ask.verb == Verb::renew) expect_lapse(hold.lapse, ask.ttl.value_or(options_.most_ttl));
}

void Invariants::on_stepped(Operation& operation) {
  const Ask& ask = operation.ask;
  if (operation.begun == operation.stepped) outstanding_.push_back({operation.number, slack_});
  on_hold_asked(ask);
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
  if (!ask.id.empty() && ask.verb != Verb::open) on_id_asked(operation);
}

void Invariants::on_id_asked(const Operation& operation) {
  const Ask& ask = operation.ask;
  if (ask.verb == Verb::cancel) {
    ids_[key_of(operation.scope, ask.name, ask.id)].cancel_asked = true;
    if (operation.begun == operation.stepped) ++cancels_;
  }
  if (ask.verb != Verb::lock) return;
  each_key(operation.scope, ask, [&](const std::string& key) {
    Id& id = ids_[key];
    // Parked, it may be stepped again, then perhaps in another session.
    if (id.asked.empty() || id.asked.back() != operation.number) {
      id.asked.push_back(operation.number);
    }
    id.floor = std::min(id.floor, operation.floor);
  });
  // Repeated, it renews what it holds, though its answer may reach nobody.
  Hold* own = hold_of_id(operation.scope, ask);
  if (own != nullptr) expect_lapse(own->lapse, ask.ttl.value_or(options_.most_ttl));
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
  operation.ask.each_name([&](const std::string& name) { hold.parts.push_back({.name = name}); });
  hold.id = operation.ask.id;
  hold.session = session;
  hold.creator = operation.number;
  hold.seen = now_;
  hold.new_ttls = new_ttls_before_[token.value];
  Token floor = operation.floor;
  if (!hold.id.empty()) floor = ids_[key_of(session, hold.name(), hold.id)].floor;
  if (token <= floor) fail("I2 real-time order", describe(token.value) + " after a greater one");
  if (!recovering_ && token <= granted_before_) {
    fail("I1 tokens rise over restarts", describe(token.value));
  }
  note_kind(hold, operation);
  expect_lapse(hold.lapse, options_.most_ttl);
  if (auto owner = sessions_.find(session.value); owner != sessions_.end()) {
    expect_lapse(owner->second.lapse, owner->second.ttl);
  }
  return hold;
}

void Invariants::note_kind(Hold& hold, const Operation& creator) {
  hold.creator = creator.number;
  hold.mode = creator.ask.mode;
  hold.slots = creator.ask.slots;
  hold.delay = creator.ask.delay;
  hold.max_hold = creator.ask.max_hold;
  begin_anew(hold);
}

void Invariants::on_lock_granted(Operation& operation) {
  const Outcome& outcome = operation.outcome;
  const Ask& ask = operation.ask;
  bool known = holds_.contains(outcome.token.value);
  Hold& hold = hold_seen(outcome.token, operation, operation.scope);
  if (known) {
    bool same = hold.id == ask.id && hold.session == operation.scope && hold.mode == ask.mode &&
                hold.slots == ask.slots && hold.parts.size() == 1 + ask.more.size();
    ask.each_name([&](const std::string& name) { same = same && hold.part(name) != nullptr; });
    bool own = hold.creator == operation.number;
    if (!same || (ask.id.empty() && !own)) {
      fail("I1 unique tokens", to_text(operation) + " has " + describe(outcome.token.value));
    }
    if (std::any_of(hold.parts.begin(), hold.parts.end(),
                    [&](const Part& part) { return part.ended < operation.begun; })) {
      fail("I9 once per id", to_text(operation) + " has an ended grant");
    }
  }
  if (!ask.id.empty()) {
    each_key(operation.scope, ask, [&](const std::string& key) {
      if (ids_[key].spent) fail("I9 once per id", to_text(operation) + ": its id was cancelled");
    });
  }
  fresh_.push_back(outcome.token.value);
  if (operation.scope.value == 0) return promise(hold, operation, *outcome.ttl);
  check_max_hold(hold, operation, *outcome.ttl);
  // Renewed as a whole, though max_hold lets it be told of less.
  Session& session = session_seen(operation.scope, operation);
  promise(session, operation, session.ttl);
}

// UNLOCK, RENEW, VERIFY and BREAK that were done: the token was a holder's.
void Invariants::on_token_ok(Operation& operation) {
  auto found = holds_.find(operation.ask.token.value);
  operation.ask.each_name([&](const std::string& name) {
    const Part* part = found == holds_.end() ? nullptr : found->second.part(name);
    if (part != nullptr && part->ended >= operation.begun) return;
    fail("I11 stale tokens do nothing",
         to_text(operation) + ": " + describe(operation.ask.token.value));
  });
  Hold& hold = found->second;
  bool foreign = hold.session.value != 0 && hold.session != operation.scope;
  if (operation.ask.verb == Verb::unlock) {
    if (foreign) fail("I11 a session's lock is its own", to_text(operation));
    operation.ask.each_name([&](const std::string& name) {
      if (truth_.table().find_holder(name, operation.ask.token) == no_slot) return;
      fail("I8 UNLOCK said of what is held", to_text(operation));
    });
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
  const Part* part = hold.part(ask.name);
  bool is_held = part != nullptr && part->ended >= operation.begun;
  if (hold.id != ask.id || hold.session != operation.scope || !is_held) {
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

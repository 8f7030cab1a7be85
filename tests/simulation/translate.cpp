// SPDX-License-Identifier: Apache-2.0
#include "translate.hpp"

#include <sstream>

#include "base/overloaded.hpp"

namespace pawl::simulation {

Translation::Translation(const Operation& operation)
    : note_(std::to_string(operation.number)), request_(make(operation)) {}

Request Translation::make(const Operation& operation) {
  const Ask& ask = operation.ask;
  ask.each_name([this](const std::string& name) { words_.push_back(name); });
  switch (ask.verb) {
    case Verb::open: {
      request::Open open;
      open.ttl = ask.ttl;
      open.on_disconnect = ask.on_disconnect;
      open.id = ask.id;
      open.secret = ask.secret;
      open.deadlock = ask.deadlock;
      return open;
    }
    case Verb::resume: return request::Resume{ask.secret};
    case Verb::keep_alive:
      words_[0] = ask.secret;
      return request::KeepAlive{ask.secret.empty() ? Names{} : Names{words_}};
    case Verb::close: return request::Close{};
    case Verb::lock: {
      request::Lock lock;
      lock.names = words_;
      lock.wait = ask.wait;
      lock.ttl = ask.ttl;
      lock.id = ask.id;
      lock.mode = ask.mode;
      lock.slots = ask.slots;
      lock.delay = ask.delay;
      if (ask.max_hold != Milliseconds{0}) lock.max_hold = ask.max_hold;
      lock.note = note_;
      return lock;
    }
    case Verb::unlock: return request::Unlock{words_, ask.token};
    case Verb::renew: return request::Renew{ask.name, ask.token, ask.ttl};
    case Verb::verify: return request::Verify{ask.name, ask.token};
    case Verb::cancel: return request::Cancel{ask.name, ask.id};
    case Verb::show: return request::Show{ask.name, 0, 100};
    case Verb::list: return request::List{};
    case Verb::break_lock: return request::Break{ask.name, ask.token, "simulated"};
    case Verb::events: return request::Events{true};
    case Verb::ping: return request::Ping{};
    case Verb::quit: return request::Quit{};
    case Verb::handover: return request::Handover{ask.name};
  }
  return request::Ping{};
}

Outcome outcome_of(const ReplyBody& body) {
  Outcome outcome;
  std::visit(Overloaded{[&](const reply::Opened& r) {
                          outcome.secret = r.secret;
                          outcome.session = r.handle;
                          outcome.ttl = r.ttl;
                        },
                        [&](const reply::Resumed& r) {
                          outcome.secret = r.secret;
                          outcome.session = r.handle;
                          outcome.ttl = r.ttl;
                        },
                        [&](const reply::KeptAlive& r) { outcome.ttl = r.ttl; },
                        [&](const reply::Granted& r) {
                          outcome.token = r.token;
                          outcome.ttl = r.ttl;
                        },
                        [&](const reply::Lasting& r) { outcome.ttl = r.ttl; },
                        [&](const reply::Cancelled& r) {
                          outcome.cancelled = r.cancelled;
                          outcome.token = r.token;
                          outcome.ttl = r.ttl;
                        },
                        [&](const reply::Error& r) {
                          outcome.error = r.code;
                          outcome.primary = r.primary;
                        },
                        [](const auto&) {}},
             body);
  return outcome;
}

SessionId session_after(SessionId before, const Operation& answered) {
  const Outcome& outcome = answered.outcome;
  if (answered.ask.verb == Verb::open || answered.ask.verb == Verb::resume) {
    return outcome.error ? before : outcome.session;
  }
  // A failed CLOSE too leaves the connection without a session.
  if (answered.ask.verb == Verb::close) return {};
  return before;
}

std::string to_text(const Operation& operation) {
  static constexpr std::array verbs{"OPEN",   "RESUME", "KEEPALIVE", "CLOSE",   "LOCK", "UNLOCK",
                                    "RENEW",  "VERIFY", "CANCEL",    "SHOW",    "LIST", "BREAK",
                                    "EVENTS", "PING",   "QUIT",      "HANDOVER"};
  auto at = [](Moment moment) {
    if (moment == never) return std::string{"-"};
    return std::to_string(moment.time_since_epoch().count() / 1'000 - 3'600'000'000);
  };
  const Ask& ask = operation.ask;
  const Outcome& outcome = operation.outcome;
  std::ostringstream out;
  out << '#' << operation.number << " client" << operation.client << " link" << operation.link
      << " s" << operation.scope.value << ' ' << verbs[static_cast<std::size_t>(ask.verb)];
  if (!ask.name.empty()) ask.each_name([&](const std::string& name) { out << ' ' << name; });
  if (!ask.id.empty()) out << " id=" << ask.id;
  if (!ask.secret.empty()) out << " secret=" << ask.secret;
  if (ask.token.value != 0) out << " token=" << ask.token.value;
  if (ask.ttl) out << " ttl=" << ask.ttl->count();
  if (ask.verb == Verb::lock) {
    out << " wait=" << (ask.wait == wait_forever ? "forever" : std::to_string(ask.wait.count()));
    if (ask.mode == Mode::shared) out << " mode=shared";
    if (ask.mode == Mode::slot) out << " mode=slot slots=" << ask.slots;
    if (ask.delay.count() != 0) out << " delay=" << ask.delay.count();
    if (ask.max_hold.count() != 0) out << " max_hold=" << ask.max_hold.count();
  }
  if (ask.on_disconnect == OnDisconnect::release) out << " on_disconnect=release";
  if (!ask.deadlock) out << " deadlock=off";
  out << (ask.tagged ? " tagged" : "") << " → ";
  if (operation.answered == never) {
    out << "no answer";
  } else if (outcome.error) {
    out << to_string(*outcome.error);
  } else {
    out << "OK";
    if (outcome.token.value != 0) out << " token=" << outcome.token.value;
    if (outcome.ttl) out << " ttl=" << outcome.ttl->count();
    if (outcome.session.value != 0) out << " session=s" << outcome.session.value;
    if (outcome.cancelled) out << " cancelled=yes";
  }
  out << "  [us: invoked " << at(operation.invoked) << " stepped " << at(operation.stepped)
      << " answered " << at(operation.answered) << " returned " << at(operation.returned) << ']';
  return out.str();
}

}  // namespace pawl::simulation

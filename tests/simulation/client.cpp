// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <algorithm>

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t remembered = 8;
constexpr std::uint32_t most_unanswered = 5;  // … by one that goes on to lock

template <class Value>
void remember(std::deque<Value>& list, Value value) {
  list.push_back(std::move(value));
  if (list.size() > remembered) list.pop_front();
}

}  // namespace

Client::Client(World& world, const Options& options, std::uint32_t number, std::uint64_t seed)
    : world_(world),
      options_(options),
      number_(number),
      random_(seed),
      kinds_(~seed),
      drift_(random_.between(-options.drift_permyriad, options.drift_permyriad)),
      sessions_(random_.chance(options.session_clients_permille)),
      ids_(random_.chance(800)),
      careless_(random_.chance(300)) {}

void Client::start() { think(); }

void Client::think() {
  world_.after(random_.skewed(1ms, options_.most_thought), [this] {
    if (stopped_) return;
    if (quiet_for_ > 0) {
      --quiet_for_;
    } else {
      act();
    }
    think();
  });
}

void Client::act() {
  std::uint64_t total = 0;
  for (std::uint32_t weight : options_.weights) total += weight;
  std::uint64_t drawn = random_.below(total);
  std::size_t at = 0;
  while (drawn >= options_.weights[at]) drawn -= options_.weights[at++];
  Connection& connection = connection_to_use();
  if (connection.writable) perform(static_cast<Act>(at), connection);
}

Client::Connection& Client::connection_to_use() {
  Connection& connection =
      connections_[random_.chance(options_.second_connection_permille) ? 1 : 0];
  if (!connection.open) {
    connection = Connection{world_.connect(number_), true, true, false, 0};
    if (random_.chance(500)) send(connection, {.verb = Verb::events});
    if (sessions_) open(connection);
  } else if (sessions_ && !connection.attached && random_.chance(400)) {
    open(connection);
  }
  return connection;
}

// Back to the session it knows, or a new one; some clients forget theirs and come back by its id.
void Client::open(Connection& connection) {
  if (!secret_.empty() && random_.chance(700)) {
    send(connection, {.verb = Verb::resume, .secret = secret_});
    return;
  }
  Ask ask{.verb = Verb::open, .ttl = any_ttl(), .tagged = random_.chance(options_.tagged_permille)};
  if (random_.chance(500)) ask.on_disconnect = OnDisconnect::release;
  ask.deadlock = kinds_.chance(options_.kinds.deadlock_permille);
  if (random_.chance(400)) {
    ask.id = "session-" + std::to_string(number_) + '-' + std::to_string(next_id_ / 8);
  } else {
    ask.secret = "secret-" + std::to_string(number_) + '-' + std::to_string(++next_id_);
  }
  send(connection, std::move(ask));
}

void Client::send(Connection& connection, Ask ask) {
  if (!connection.writable) return;
  ++connection.unanswered;
  world_.send(number_, connection.link, std::move(ask));
}

void Client::perform(Act act, Connection& connection) {
  auto of_hold = [&](auto use) {
    if (!holds_.empty()) use(holds_[random_.below(holds_.size())]);
  };
  switch (act) {
    case Act::lock: return lock(connection);
    case Act::lock_again: return lock_again(connection);
    case Act::unlock: return unlock(connection);
    case Act::unlock_wrong: return unlock_wrong(connection);
    case Act::renew: return of_hold([&](const Hold& hold) { renew(connection, hold); });
    case Act::verify:
      return of_hold([&](const Hold& hold) {
        send(connection,
             {.verb = Verb::verify, .name = any_name(hold.name, hold.more), .token = hold.token});
      });
    case Act::cancel: return cancel(connection);
    case Act::show: return send(connection, {.verb = Verb::show, .name = any_lock()});
    case Act::list: return send(connection, {.verb = Verb::list});
    case Act::break_lock: return break_lock(connection);
    case Act::keep_alive: return keep_alive(connection);
    case Act::close:
      if (!sessions_) return;
      connection.attached = false;
      return send(connection, {.verb = Verb::close});
    case Act::disconnect: return leave(connection);
    case Act::half_close: connection.writable = false; return world_.end_input(connection.link);
    case Act::quit:
      send(connection, {.verb = Verb::quit});
      connection.writable = false;
      return;
    case Act::pause: quiet_for_ = static_cast<std::uint32_t>(random_.between(1, 30)); return;
  }
}

void Client::lock(Connection& connection) {
  if (connection.unanswered > most_unanswered) return;
  // A session client that is not attached yet must not take a leased lock by accident, mostly.
  if (sessions_ && !connection.attached && !random_.chance(100)) return;
  Ask ask{.verb = Verb::lock, .name = any_lock()};
  ask.wait = any_wait();
  ask.tagged = ask.wait == wait_forever || random_.chance(options_.tagged_permille);
  if (!sessions_ && random_.chance(700)) ask.ttl = any_ttl();
  choose_kind(ask);
  if (ids_ && random_.chance(options_.id_permille)) {
    ask.id = "id-" + std::to_string(number_) + '-' + std::to_string(++next_id_);
    remember(attempts_, {ask, !sessions_});
  }
  send(connection, std::move(ask));
}

// After a lost reply, on another connection, after CANCEL, or out of sheer impatience.
void Client::lock_again(Connection& connection) {
  if (attempts_.empty() || connection.unanswered > most_unanswered) return;
  const Attempt& attempt = attempts_[random_.below(attempts_.size())];
  Ask ask = attempt.ask;
  ask.ttl.reset();
  if (!ask.more.empty() && kinds_.chance(200)) std::swap(ask.name, ask.more.front());
  if (!attempt.leased && random_.chance(20)) {
    ask.name = any_lock();
    ask.more.clear();
  }
  ask.wait = any_wait();
  ask.tagged = ask.wait == wait_forever || random_.chance(options_.tagged_permille);
  if (attempt.leased && random_.chance(400)) ask.ttl = any_ttl();
  send(connection, std::move(ask));
}

void Client::unlock(Connection& connection) {
  if (holds_.empty()) return;
  std::size_t at = random_.below(holds_.size());
  Hold hold = holds_[at];
  Ask ask{.verb = Verb::unlock, .name = hold.name, .token = hold.token};
  ask.tagged = random_.chance(options_.tagged_permille);
  ask.more = hold.more;
  remember(lost_, hold);
  if (hold.more.empty() || kinds_.chance(400)) {
    holds_.erase(holds_.begin() + static_cast<std::ptrdiff_t>(at));
  } else {  // a part
    ask.more.pop_back();
    holds_[at].name = hold.more.back();
    holds_[at].more.clear();
  }
  send(connection, ask);
  if (random_.chance(100)) send(connection, ask);
}

void Client::unlock_wrong(Connection& connection) {
  Ask ask{.verb = Verb::unlock, .name = any_lock(), .token = Token{1'000'000}};
  if (!lost_.empty() && random_.chance(800)) {
    const Hold& old = lost_[random_.below(lost_.size())];
    ask.token = old.token;
    if (random_.chance(800)) ask.name = old.name;
    if (random_.chance(300)) ask.verb = Verb::renew;
    if (random_.chance(200)) ask.verb = Verb::verify;
  }
  send(connection, std::move(ask));
}

void Client::renew(Connection& connection, const Hold& hold) {
  if (!hold.leased) return;
  Ask ask{.verb = Verb::renew, .name = any_name(hold.name, hold.more), .token = hold.token};
  if (random_.chance(300)) ask.ttl = any_ttl();
  if (random_.chance(200)) ask.ttl = hold.ttl;
  ask.tagged = random_.chance(options_.tagged_permille);
  send(connection, std::move(ask));
}

void Client::cancel(Connection& connection) {
  if (attempts_.empty()) return;
  const Ask& asked = attempts_[random_.below(attempts_.size())].ask;
  send(connection,
       {.verb = Verb::cancel, .name = any_name(asked.name, asked.more), .id = asked.id});
  if (random_.chance(300)) lock_again(connection);
}

void Client::break_lock(Connection& connection) {
  const std::deque<Hold>& from = random_.chance(700) ? holds_ : lost_;
  if (from.empty()) return;
  const Hold& hold = from[random_.below(from.size())];
  send(connection,
       {.verb = Verb::break_lock, .name = any_name(hold.name, hold.more), .token = hold.token});
}

void Client::keep_alive(Connection& connection) {
  if (!sessions_) return;
  Ask ask{.verb = Verb::keep_alive};
  if (random_.chance(200)) ask.secret = secret_;
  ask.tagged = random_.chance(options_.tagged_permille);
  send(connection, std::move(ask));
}

void Client::leave(Connection& connection) {
  connection.open = connection.writable = connection.attached = false;
  world_.disconnect(number_, connection.link);
}

// Another node is primary, or will be. What was asked for with an id is asked for again, there.
void Client::go_elsewhere(Connection& connection, const Operation& refused) {
  if (stopped_ || connection.link != refused.link || random_.chance(100)) return;
  if (connection.open) leave(connection);
  if (refused.ask.verb != Verb::lock || refused.ask.id.empty() || random_.chance(300)) return;
  world_.after(random_.skewed(1ms, 100ms), [this, ask = refused.ask] {
    if (stopped_) return;
    Connection& other = connection_to_use();
    if (other.writable) send(other, ask);
  });
}

void Client::on_reply(const Operation& operation) {
  const Ask& ask = operation.ask;
  const Outcome& outcome = operation.outcome;
  auto at = std::find_if(connections_.begin(), connections_.end(),
                         [&](const Connection& one) { return one.link == operation.link; });
  --at->unanswered;
  if (outcome.error) {
    bool elsewhere =
        *outcome.error == ErrorCode::not_primary || *outcome.error == ErrorCode::no_quorum;
    if (elsewhere) return go_elsewhere(*at, operation);
    bool no_session =
        *outcome.error == ErrorCode::session_expired || *outcome.error == ErrorCode::no_session;
    if (no_session && ask.verb != Verb::unlock) {
      at->attached = false;
      if (ask.verb == Verb::resume) secret_.clear();
    }
    if (*outcome.error == ErrorCode::not_held) {
      if (const Hold* hold = find_hold(ask.token)) remember(lost_, *hold);
      std::erase_if(holds_, [&](const Hold& hold) { return hold.token == ask.token; });
    }
    return;
  }
  if (ask.verb == Verb::open || ask.verb == Verb::resume) {
    at->attached = true;
    secret_ = outcome.secret;
    session_ttl_ = *outcome.ttl;
    keep_alive_later();
  }
  bool granted = ask.verb == Verb::lock || (ask.verb == Verb::cancel && !outcome.cancelled);
  if (granted && find_hold(outcome.token) == nullptr) {
    bool leased = operation.scope.value == 0;
    auto attempt = std::find_if(attempts_.begin(), attempts_.end(), [&](const Attempt& one) {
      return ask.verb == Verb::cancel && one.ask.id == ask.id;
    });
    const Ask& first = attempt == attempts_.end() ? ask : attempt->ask;
    remember(holds_, {first.name, outcome.token, *outcome.ttl, leased, ask.id, first.more});
    if (leased) renew_later(outcome.token, *outcome.ttl);
  }
}

void Client::renew_later(Token token, Milliseconds ttl) {
  if (careless_ || random_.chance(200)) return;
  Span wait = Span{ttl} / 3;
  if (random_.chance(150)) wait = Span{ttl} - random_.between(-2'000us, 3'000us);
  world_.after(on_own_clock(std::max(wait, Span{1ms})), [this, token] {
    const Hold* hold = find_hold(token);
    if (stopped_ || hold == nullptr) return;
    Connection& connection = connections_[0];
    if (connection.open && quiet_for_ == 0) renew(connection, *hold);
    renew_later(token, hold->ttl);
  });
}

void Client::keep_alive_later() {
  std::uint64_t round = ++keep_alive_round_;
  if (careless_ && random_.chance(500)) return;
  Span wait = Span{session_ttl_} / 3;
  if (random_.chance(150)) wait = Span{session_ttl_} - random_.between(-2'000us, 3'000us);
  world_.after(on_own_clock(std::max(wait, Span{1ms})), [this, round] {
    if (stopped_ || round != keep_alive_round_ || secret_.empty()) return;
    Connection& connection = connections_[random_.chance(200) ? 1 : 0];
    if (connection.open && quiet_for_ == 0) keep_alive(connection);
    keep_alive_later();
  });
}

void Client::on_push(const EventBody& push) {
  const auto* lost = std::get_if<event::LostLock>(&push);
  if (lost == nullptr || random_.chance(300)) return;
  Hold* hold = find_hold(lost->token);
  if (hold == nullptr) return;
  if (hold->name == lost->name && !hold->more.empty()) {
    hold->name = hold->more.back();
    hold->more.pop_back();
  } else if (std::erase(hold->more, lost->name) == 0) {
    std::erase_if(holds_, [&](const Hold& one) { return one.token == lost->token; });
  }
}

void Client::on_closed(std::uint32_t link) {
  for (Connection& connection : connections_) {
    if (connection.link == link) connection = Connection{};
  }
}

void Client::stop() {
  stopped_ = true;
  for (Connection& connection : connections_) {
    if (!connection.open) continue;
    if (connection.writable && random_.chance(300)) {
      world_.end_input(connection.link);
    } else if (connection.writable && random_.chance(300)) {
      send(connection, {.verb = Verb::quit});
    } else {
      leave(connection);
    }
  }
}

void Client::cancel_nothing() {
  connections_[0] = Connection{world_.connect(number_), true, true, false, 0};
  send(connections_[0], {.verb = Verb::cancel, .name = "lock0", .id = "id-of-nobody"});
}

Client::Hold* Client::find_hold(Token token) {
  auto found = std::find_if(holds_.begin(), holds_.end(),
                            [&](const Hold& hold) { return hold.token == token; });
  return found == holds_.end() ? nullptr : &*found;
}

Span Client::on_own_clock(Span span) const { return span / (10'000 + drift_) * 10'000; }

}  // namespace pawl::simulation

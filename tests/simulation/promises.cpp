// SPDX-License-Identifier: Apache-2.0
//
// What time promises: until when a client may count on what it holds, and by when the node must
// have ended what nobody renews.
#include <algorithm>

#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

// The client's clock may be slower than the node's by ε = 0.1 %.
Span with_epsilon(Milliseconds ttl) { return Span{ttl} + Span{ttl} / 1'000; }

// What is left once the client has taken off its margin (DESIGN.md §4), on the true clock.
Span trusted(Milliseconds ttl, std::int64_t drift_permyriad) {
  Span margin = std::max(std::min(Span{50ms}, Span{ttl} / 5), Span{ttl} / 100);
  return (Span{ttl} - margin) / (10'000 + drift_permyriad) * 10'000;
}

}  // namespace

void Invariants::on_invoked(Operation& operation) {
  const Ask& ask = operation.ask;
  now_ = operation.invoked;
  operation.floor = greatest_told_;
  bool lets_go = ask.verb == Verb::unlock || ask.verb == Verb::break_lock;
  if (auto hold = holds_.find(ask.token.value); hold != holds_.end()) {
    ask.each_name([&](const std::string& name) {
      Part* part = hold->second.part(name);
      if (part != nullptr && lets_go) part->let_go = true;
      if (part != nullptr && ask.verb == Verb::renew && ask.ttl) {
        hold->second.new_ttls.push_back(operation.number);
      }
    });
  }
  if (ask.verb == Verb::lock && ask.ttl && !ask.id.empty()) {
    each_key({}, ask,
             [&](const std::string& key) { ids_[key].new_ttls.push_back(operation.number); });
  }
  std::erase_if(former_, [&](const Former& former) {
    bool closes = ask.verb == Verb::close && former.client == operation.client;
    return (lets_go && former.token == ask.token.value && ask.names(former.name)) ||
           (closes && former.in_session);
  });
  if (ask.verb != Verb::close) return;
  links_[operation.link].close_sent = now_;
  for (std::uint64_t id : live_sessions_) {
    Session& session = sessions_.at(id);
    if (session.client == operation.client) session.close_sent = true;
  }
}

void Invariants::on_let_go(std::uint32_t client, std::uint32_t link, Moment now) {
  now_ = now;
  links_[link].let_go = true;
  for (std::uint64_t id : live_sessions_) {
    Session& session = sessions_.at(id);
    if (session.client == client && session.release) session.let_go = now_;
  }
}

void Invariants::on_returned(const Operation& operation, std::int64_t drift_permyriad) {
  now_ = operation.returned;
  if (operation.outcome.error) return;
  const Outcome& outcome = operation.outcome;
  Verb verb = operation.ask.verb;
  auto told = [&](Milliseconds ttl) {
    return Promise{operation.number, operation.invoked,
                   operation.invoked + trusted(ttl, drift_permyriad), Span{0}};
  };
  Token token = verb == Verb::renew || verb == Verb::verify ? operation.ask.token : outcome.token;
  if (outcome.token > greatest_told_) greatest_told_ = outcome.token;
  SessionId session_id = operation.scope;
  if (verb == Verb::open || verb == Verb::resume) session_id = outcome.session;
  if (auto session = sessions_.find(session_id.value); session != sessions_.end()) {
    bool attached = verb == Verb::open || verb == Verb::resume;
    bool since = session->second.let_go < operation.invoked;
    if (attached && since && !links_[operation.link].let_go) session->second.let_go = never;
    if (attached && links_[operation.link].let_go && session->second.release) {
      session->second.let_go = now_;
    }
    // Its CLOSE may be on its way already.
    bool closing = links_[operation.link].close_sent >= operation.invoked;
    if (attached && closing) session->second.close_sent = true;
    bool own = verb != Verb::keep_alive || operation.ask.secret.empty();
    bool renews = outcome.ttl && verb != Verb::verify && verb != Verb::cancel && own;
    if (renews && verb != Verb::renew) {
      Promise fresh = told(*outcome.ttl);
      if (fresh.until > session->second.told.until) session->second.told = fresh;
    }
  }
  auto found = holds_.find(token.value);
  if (found == holds_.end() || !outcome.ttl) return;
  Hold& hold = found->second;
  if (hold.session.value == 0 || verb != Verb::lock) hold.told.push_back(told(*outcome.ttl));
  if (verb == Verb::lock) {
    // max_hold counts from the send of the LOCK that made it; asked again, from what that was told.
    Moment first = history_[hold.creator].invoked + trusted(hold.max_hold, drift_permyriad);
    hold.held_told = std::max({hold.held_told, first, told(*outcome.ttl).until});
  }
  if (verb == Verb::lock || verb == Verb::cancel) check_former(operation, hold);
  if (verb != Verb::lock) return;
  for (const Part& part : hold.parts) check_exclusion(operation, hold, part);
}

void Invariants::check_exclusion(const Operation& told, const Hold& hold, const Part& part) {
  std::vector<std::uint64_t>& others = believed_[part.name];
  std::erase_if(others, [&](std::uint64_t token) {
    Hold& other = holds_.at(token);
    return !is_believed(other, *other.part(part.name));
  });
  if (!is_believed(hold, part)) return;
  std::uint64_t token = told.outcome.token.value;
  std::uint32_t beside = 0;
  for (std::uint64_t number : others) {
    if (number == token) continue;
    const Hold& other = holds_.at(number);
    bool conflicts = hold.mode == Mode::exclusive || other.mode != hold.mode;
    if (!conflicts && (hold.mode == Mode::shared || ++beside < hold.slots)) continue;
    fail("I4 lease exclusion",
         to_text(told) + " while its client still trusts " + describe(number));
  }
  if (std::find(others.begin(), others.end(), token) == others.end()) others.push_back(token);
}

// How long a node's clock, if it is fast, keeps what it keeps for the TTL and ε.
Span Invariants::counted(Milliseconds ttl) const {
  if (!options_.cluster) return with_epsilon(ttl);
  return with_epsilon(ttl) / (10'000 + options_.cluster->drift_permyriad) * 10'000;
}

void Invariants::promise(Hold& hold, const Operation& operation, Milliseconds ttl) {
  check_max_hold(hold, operation, ttl);
  hold.made.push_back(
      {operation.number, operation.invoked, operation.invoked + counted(ttl), gaps_});
  expect_lapse(hold.lapse, ttl);
}

void Invariants::promise(Session& session, const Operation& operation, Milliseconds ttl) {
  Promise fresh{operation.number, operation.invoked, operation.invoked + counted(ttl), gaps_};
  if (fresh.until - fresh.gaps > session.made.until - session.made.gaps) session.made = fresh;
  expect_lapse(session.lapse, ttl);
}

void Invariants::expect_lapse(Lapse& lapse, Milliseconds ttl) const {
  Moment at = now_ + with_epsilon(ttl);
  if (at - slack_ > lapse.at - lapse.slack || lapse.at == Moment::min()) lapse = {at, slack_};
}

Span Invariants::flush_allowance() const {
  if (options_.durability == Durability::none) return options_.tick_lateness;
  Span longest = options_.most_flush + (options_.stall_permille > 0 ? options_.most_stall : 0ms);
  Span between_nodes = options_.cluster ? 8 * options_.cluster->most_latency : 0ms;
  return 4 * longest + options_.tick_lateness + between_nodes;
}

bool Invariants::is_overdue(const Lapse& lapse) const {
  return now_ > lapse.at + 250ms + flush_allowance() + (slack_ - lapse.slack);
}

// A request for another TTL binds its client from its send, until it is known to be over.
Moment Invariants::capped(const Hold& hold, const Promise& made, Moment until) const {
  auto cap = [&](std::uint64_t number) {
    const Operation& other = history_[number];
    if (number == made.operation || other.answered < made.sent) return;
    until = std::min(until, other.invoked + counted(*other.ask.ttl));
  };
  for (std::uint64_t number : hold.new_ttls) cap(number);
  if (hold.id.empty() || hold.session.value != 0) return until;
  if (auto id = ids_.find(key_of({}, hold.name(), hold.id)); id != ids_.end()) {
    for (std::uint64_t number : id->second.new_ttls) cap(number);
  }
  return until;
}

Moment Invariants::protected_until(const Hold& hold) const {
  Moment until = Moment::min();
  for (const Promise& made : hold.made) {
    // A stall of the node's is added to every lease.
    until = std::max(until, capped(hold, made, made.until + (gaps_ - made.gaps)));
  }
  return until;
}

Moment Invariants::protected_until(const Session& session) const {
  return session.made.until + (gaps_ - session.made.gaps);
}

bool Invariants::is_believed(const Hold& hold, const Part& part) const {
  if (part.let_go) return false;
  Moment until = Moment::min();
  for (const Promise& told : hold.told) until = std::max(until, capped(hold, told, told.until));
  if (auto session = sessions_.find(hold.session.value); session != sessions_.end()) {
    // Its CLOSE may have been on its way, from another connection, before it knew the session.
    if (session->second.close_sent || session->second.closing) return false;
    if (session->second.let_go != never) return false;
    Moment of_session = session->second.told.until;
    if (hold.max_hold != Milliseconds{0}) of_session = std::min(of_session, hold.held_told);
    until = std::max(until, of_session);
  }
  return until > now_;
}

// What max_hold= leaves begins anew where the node's clock does.
void Invariants::begin_anew(Hold& hold) {
  if (hold.max_hold == Milliseconds{0}) return;
  hold.held = {0, now_, now_ + counted(hold.max_hold), gaps_};
  hold.held_lapse = {};
  expect_lapse(hold.held_lapse, hold.max_hold);
}

void Invariants::begin_anew(Delay& delay) {
  delay.least = now_ + counted(delay.length);
  delay.gaps = gaps_;
  delay.lapse = {};
  expect_lapse(delay.lapse, delay.length);
}

void Invariants::check_max_hold(const Hold& hold, const Operation& told, Milliseconds ttl) const {
  if (hold.max_hold == Milliseconds{0}) return;
  Moment latest = hold.held_lapse.at + Span{hold.max_hold} / 500;  // clocks that go too fast
  latest += (gaps_ - hold.held.gaps) + (slack_ - hold.held_lapse.slack);
  // Recovered, it begins anew with the first record of the new process.
  if (options_.disk && hold.seen <= restarted_at_) latest += flush_allowance();
  // Past its end but not ended yet, nothing is left of it, and no more is told.
  if (ttl == Milliseconds{0} || told.invoked + ttl <= latest) return;
  fail("I5 told of more than max_hold leaves",
       to_text(told) + ", max_hold=" + std::to_string(hold.max_hold.count()));
}

bool Invariants::may_end(const Hold& hold, const Part& part) const {
  return may_be_asked_for(hold, part) || may_be_lost(hold, part);
}

// By UNLOCK or CLOSE, or as it was given back.
bool Invariants::may_be_asked_for(const Hold& hold, const Part& part) const {
  if (part.unlock_asked) return true;
  auto session = sessions_.find(hold.session.value);
  if (session != sessions_.end() && session->second.closing) return true;
  // A grant to a connection that has gone, without an id, is given back.
  const Operation& creator = history_[hold.creator];
  auto link = links_.find(creator.link);
  bool gone = link != links_.end() && (link->second.over || link->second.input_ended);
  bool told = creator.answered != never && creator.outcome.error != ErrorCode::no_quorum;
  return hold.id.empty() && gone && !told;
}

// It, its session or what max_hold leaves may have ended by time, or with the last connection.
bool Invariants::may_be_lost(const Hold& hold, const Part& part) const {
  if (part.break_asked) return true;
  Moment held_until = hold.held.until + (gaps_ - hold.held.gaps);
  if (hold.max_hold != Milliseconds{0} && now_ >= held_until) return true;
  auto session = sessions_.find(hold.session.value);
  bool known = session != sessions_.end();
  if (known && session->second.abandoned) return true;
  if (known && session->second.closing && session->second.release) return true;
  if (now_ < protected_until(hold)) return false;
  return !known || now_ >= protected_until(session->second);
}

bool Invariants::may_end(const Session& session) const {
  return session.closing || session.abandoned || now_ >= protected_until(session);
}

}  // namespace pawl::simulation

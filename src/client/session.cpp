// SPDX-License-Identifier: Apache-2.0
#include "client/session.hpp"

#include <algorithm>
#include <utility>

#include "client/pace.hpp"
#include "client/verdict.hpp"

namespace pawl::client {

using namespace std::chrono_literals;

namespace {

// While something waits: the server keeps the place of a connection that ended for 5 s.
constexpr Span longest_quiet = 1s;

Refusal unconfirmed_end() { return {"UNREACHABLE", "no server confirmed the end of the session"}; }

}  // namespace

Session::Session(SessionWanted wanted) : wanted_(std::move(wanted)) {}

void Session::on_connected(Moment now, SessionActions& out) {
  if (over_) return;
  connected_ = true;
  close_asked_ = false;
  requests_.clear();
  for (auto& [key, hold] : holds_) hold.on_connected(now);
  touch_all();
  out.lines.push_back(RequestLine("EVENTS").word("on").text());
  greet(now, out);
  settle(now, out);
}

void Session::on_disconnected(Moment now, SessionActions& out) {
  lose_connection();
  settle(now, out);
}

void Session::on_denied(Moment now, Refusal denial, SessionActions& out) {
  if (over_) return;
  lose_connection();
  refuse(std::move(denial));
  settle(now, out);
}

void Session::on_tick(Moment now, SessionActions& out) {
  if (over_) return;
  if (opened_ && now >= until_) {
    closing_ ? refuse(unconfirmed_end()) : expire(now);
    if (connected_) leave_connection(out);
  }
  for (const HoldKey key : restless_) holds_.at(key).on_tick(now, reached_);
  if (now >= close_until_ && !over_) refuse(unconfirmed_end());
  if (connected_ && now >= silent_at()) {
    ++silences_;
    leave_connection(out);
  }
  settle(now, out);
}

HoldKey Session::lock(Moment now, Wanted wanted, SessionActions& out) {
  const HoldKey key = ++last_key_;
  wanted.id = "a" + std::to_string(key);
  wanted.patience = wanted_.patience;
  Hold& hold = holds_.try_emplace(key, key, std::move(wanted), now).first->second;
  told_[key] = HoldState::asking;
  if (closing_ || over_) {
    const Refusal closed{"CLOSED", "the client is closed"};
    hold.end(closing_ ? closed : refusal_.value_or(closed), false);
  }
  touch(key);
  settle(now, out);
  return key;
}

void Session::release(Moment now, HoldKey key, SessionActions& out) {
  const auto found = holds_.find(key);
  if (found == holds_.end()) return;
  found->second.release(now);
  touch(key);
  settle(now, out);
}

void Session::close(Moment now, SessionActions& out) {
  if (over_ || std::exchange(closing_, true)) return;
  for (auto& [key, hold] : holds_) {
    // What is being given back or up already waits for the answer to CLOSE.
    if (hold.state() == HoldState::held || hold.state() == HoldState::asking) {
      hold.end({"CLOSED", "the client is closed"}, false);
    }
  }
  touch_all();
  close_until_ = now + wanted_.patience;
  if (!may_be_open()) finish({"CLOSED", {}});
  settle(now, out);
}

void Session::abandon(Moment now, SessionActions& out) {
  if (over_) return;
  finish({"CLOSED", "the client is closed"});
  settle(now, out);
}

Span Session::left(Moment now, HoldKey key) const {
  const auto found = holds_.find(key);
  if (found == holds_.end() || found->second.state() != HoldState::held || !opened_) return Span{0};
  return std::max(Span{0}, std::min(until_, found->second.until()) - now);
}

bool Session::is_confirmed(HoldKey key) const {
  const auto found = holds_.find(key);
  return found != holds_.end() && attached_ && found->second.is_confirmed();
}

Moment Session::next_deadline() const {
  if (over_) return never;
  Moment next = opened_ ? std::min(until_, close_until_) : close_until_;
  if (connected_) next = std::min({next, silent_at(), keep_alive_at()});
  for (const HoldKey key : restless_) {
    next = std::min(next, holds_.at(key).next_deadline(connected_ && !closing_, reached_));
  }
  return next;
}

void Session::settle(Moment now, SessionActions& out) {
  if (connected_ && !over_) keep_alive(now, out);
  const std::set<HoldKey> touched = restless_;
  for (const HoldKey key : touched) {
    Hold& hold = holds_.at(key);
    if (connected_ && !closing_) hold.ask(now, requests_, out.lines);
    tell(key, out);
  }
}

void Session::tell(HoldKey key, SessionActions& out) {
  const Hold& hold = holds_.at(key);
  if (hold.is_over() || told_[key] != hold.state()) {
    told_[key] = hold.state();
    out.told.push_back({key, hold.state(), hold.is_over(), hold.token(), hold.refusal()});
  }
  if (hold.is_quiet() || hold.is_over()) restless_.erase(key);
  if (!hold.is_over()) return;
  told_.erase(key);
  holds_.erase(key);
}

void Session::touch_all() {
  for (const auto& [key, hold] : holds_) touch(key);
}

// What is asked in the session stands behind this, and need not await its answer: should it fail,
// the rest does nothing.
void Session::greet(Moment now, SessionActions& out) {
  if (opened_) return renew(now, Verb::resume, RequestLine("RESUME").word(secret()), out);
  ++unresolved_opens_;
  renew(now, Verb::open, open_line(), out);
}

RequestLine Session::open_line() const {
  RequestLine line("OPEN");
  line.option("ttl", wanted_.ttl).option("id", secret());
  if (!wanted_.name.empty()) line.option("name", wanted_.name);
  line.option("deadlock", std::string_view(wanted_.deadlock ? "on" : "off"));
  return line;
}

std::string Session::secret() const { return wanted_.secret + "." + std::to_string(life_); }

void Session::keep_alive(Moment now, SessionActions& out) {
  if (closing_ && !std::exchange(close_asked_, true)) {
    renew(now, Verb::close, RequestLine("CLOSE"), out);
  }
  if (now < keep_alive_at()) return;
  renew(now, Verb::keepalive, RequestLine("KEEPALIVE"), out);
  for (auto& [key, hold] : holds_) {
    if (!hold.is_bounded()) continue;
    hold.verify_again(now);
    touch(key);
  }
}

void Session::renew(Moment now, Verb verb, RequestLine line, SessionActions& out) {
  requests_.ask({verb, 0, 0, now}, std::move(line), out.lines);
  renewed_at_ = now;
  renewing_ = true;
}

void Session::renewed(Moment sent, Milliseconds ttl, SessionActions& out) {
  const Moment until = sent + ttl - margin_of(ttl);
  until_ = opened_ ? std::max(until_, until) : until;
  opened_ = true;
  out.renewed = true;
}

// All it held is lost, and it is not resumed. Nor is it closed: what is lost uncleanly is kept from
// others for its lock-delay, and its holders may not have stopped yet.
void Session::expire(Moment now) {
  opened_ = attached_ = renewing_ = false;
  unresolved_opens_ = 0;
  handle_.clear();
  ++life_;
  requests_.clear();
  for (auto& [key, hold] : holds_) hold.on_session_over(now);
  touch_all();
  if (closing_) finish({"SESSION_EXPIRED", {}});
}

void Session::finish(const Refusal& refusal, bool given_back) {
  for (auto& [key, hold] : holds_) hold.end(refusal, given_back);
  touch_all();
  over_ = true;
}

void Session::leave_connection(SessionActions& out) {
  out.reconnect = true;
  lose_connection();
}

void Session::lose_connection() {
  connected_ = attached_ = renewing_ = false;
  requests_.clear();
  for (auto& [key, hold] : holds_) hold.on_disconnected();
}

Span Session::patience() const {
  if (opened_) return renewal_patience(wanted_.ttl, silences_);
  return std::min<Span>(wanted_.patience, answer_patience * (1 << std::min(silences_, 4U)));
}

Moment Session::silent_at() const { return renewing_ ? renewed_at_ + patience() : never; }

Moment Session::keep_alive_at() const {
  if (renewing_ || closing_) return never;
  const bool waits = std::any_of(restless_.begin(), restless_.end(),
                                 [this](HoldKey key) { return holds_.at(key).is_waiting(); });
  const Span every = renewal_after(wanted_.ttl);
  return renewed_at_ + (waits ? std::min(every, longest_quiet) : every);
}

}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
#include "client/hold.hpp"

#include <algorithm>
#include <utility>

#include "client/pace.hpp"
#include "client/verdict.hpp"

namespace pawl::client {

namespace {

// A server closes a connection over a line of 8192 bytes, each time anew: room for a tag is left,
// and for what an UNLOCK has more.
constexpr std::size_t longest_lock = 8128;

}  // namespace

Hold::Hold(HoldKey key, Wanted wanted, Moment now)
    : key_(key),
      wanted_(std::move(wanted)),
      began_(now),
      wait_end_(wait_end_of(wanted_, now)),
      ask_until_(ask_until_of(wanted_, now)),
      due_(now) {
  if (auto refusal = refusal_of_form(wanted_))
    give_up(now, std::move(*refusal));
  else if (lock_line(now).text().size() > longest_lock)
    give_up(now, {"TOO_LONG", {}});
}

void Hold::ask(Moment now, Requests& requests, std::vector<std::string>& lines) {
  if (!has_to_ask() || under_way_ > 0 || now < due_) return;
  const auto send = [&](Verb verb, RequestLine line) {
    ++under_way_;
    requests.ask({verb, key_, round_, now}, std::move(line), lines);
  };
  const auto with_token = [this](std::string_view verb, const std::vector<std::string>& names) {
    return RequestLine(verb).words(names).option("token", token_.value);
  };
  switch (phase_) {
    case Phase::asking:
      ++unresolved_;
      send(Verb::lock, lock_line(now));
      break;
    case Phase::confirming:
    case Phase::holding:
      for (const auto& name : wanted_.names) send(Verb::verify, with_token("VERIFY", {name}));
      break;
    case Phase::withdrawing:
      send(Verb::cancel, RequestLine("CANCEL").word(wanted_.names[0]).option("id", wanted_.id));
      break;
    case Phase::returning:
      ++unlocks_;
      if (!one_by_one_) return send(Verb::unlock, with_token("UNLOCK", wanted_.names));
      for (const auto& name : wanted_.names) send(Verb::unlock, with_token("UNLOCK", {name}));
      break;
    case Phase::losing:
    case Phase::over: break;
  }
}

RequestLine Hold::lock_line(Moment now) const {
  RequestLine line("LOCK");
  line.words(wanted_.names);
  add_wait(line, wanted_, wait_end_, now);
  add_shape(line, wanted_);
  return line;
}

void Hold::on_connected(Moment now) {
  confirmed_ = false;
  verifying_ = true;
  ask_anew(now);
}

void Hold::on_tick(Moment now, bool reached) {
  if (phase_ == Phase::holding && now >= until_) return lose(now);
  if (phase_ == Phase::asking && now >= gives_up_at(reached)) {
    // A try that was not answered is no BUSY: nobody knows.
    const bool waited = reached && wanted_.wait && wanted_.wait->count() > 0;
    const Refusal refusal{waited ? "TIMEOUT" : "UNREACHABLE", {}};
    return give_up(now, last_error_.value_or(refusal));
  }
  if (phase_ == Phase::withdrawing && state_ == HoldState::asking && now >= cancel_until_) {
    state_ = unwanted_ ? HoldState::released : HoldState::refused;
    // NO_QUORUM says that much, and why.
    refusal_ = Refusal{"UNREACHABLE", "no server confirmed that the lock is not granted"};
    if (last_error_ && last_error_->code == "NO_QUORUM") refusal_ = last_error_;
    unwanted_ = true;
  }
}

void Hold::on_lost(Moment now, Token token) {
  if (token == token_) return lose(now);
  lost_ = token;
}

void Hold::lose(Moment now) {
  if (phase_ == Phase::confirming) {  // not believed yet: the wait goes on
    token_ = Token{};
    until_ = never;
    return enter(Phase::asking, now);
  }
  if (phase_ != Phase::holding) return;
  state_ = HoldState::lost;
  enter(Phase::losing, now);
}

void Hold::on_session_over(Moment now) {
  switch (phase_) {
    case Phase::asking:
    case Phase::confirming:
      unresolved_ = 0;
      token_ = Token{};
      until_ = never;
      return enter(Phase::asking, now);
    case Phase::withdrawing:
      if (state_ != HoldState::asking) return finish(state_);
      refusal_ = std::exchange(last_error_, std::nullopt);
      return finish(unwanted_ ? HoldState::released : HoldState::refused);
    case Phase::returning: return finish_unconfirmed();
    case Phase::holding: return finish(HoldState::lost);
    case Phase::losing: return finish(state_);
    case Phase::over: break;
  }
}

void Hold::end(Refusal refusal, bool given_back) {
  switch (phase_) {
    case Phase::holding: return finish(HoldState::lost);
    case Phase::asking:
    case Phase::confirming:
    case Phase::withdrawing:
      if (state_ != HoldState::asking) return finish(state_);
      refusal_ = std::move(refusal);
      return finish(unwanted_ ? HoldState::released : HoldState::refused);
    case Phase::returning: return given_back ? finish(state_) : finish_unconfirmed();
    case Phase::losing: return finish(state_);
    case Phase::over: break;
  }
}

void Hold::note(Moment now, const Refusal& refusal) {
  if (is_full(refusal.code) && now >= wait_end_) return give_up(now, refusal);
  last_error_ = refusal;
}

void Hold::forget_note() {
  if (phase_ == Phase::asking) last_error_.reset();
}

void Hold::release(Moment now) {
  unwanted_ = true;
  switch (phase_) {
    case Phase::asking:
      if (unresolved_ == 0) return finish(HoldState::released);
      cancel_until_ = now + answer_patience;
      return enter(Phase::withdrawing, now);
    case Phase::confirming:
    case Phase::holding: state_ = HoldState::released; return enter(Phase::returning, now);
    case Phase::losing:
      // Of several names some may be ours yet, and by another clock than ours all of them.
      one_by_one_ = true;
      return enter(Phase::returning, now);
    case Phase::withdrawing:
    case Phase::returning:
    case Phase::over: break;
  }
}

void Hold::verify_again(Moment now) {
  if (phase_ != Phase::holding || verifying_) return;
  verifying_ = true;
  ask_anew(now);
}

bool Hold::has_to_ask() const {
  if (phase_ == Phase::losing || phase_ == Phase::over) return false;
  return phase_ != Phase::holding || verifying_;
}

bool Hold::is_quiet() const {
  return !has_to_ask() && (phase_ != Phase::holding || until_ == never);
}

bool Hold::is_named(std::string_view name) const {
  return std::find(wanted_.names.begin(), wanted_.names.end(), name) != wanted_.names.end();
}

Moment Hold::gives_up_at(bool reached) const {
  return reached ? ask_until_ : std::min<Moment>(ask_until_, began_ + wanted_.patience);
}

Moment Hold::next_deadline(bool connected, bool reached) const {
  Moment next = never;
  if (connected && has_to_ask() && under_way_ == 0) next = due_;
  if (phase_ == Phase::holding) next = std::min(next, until_);
  if (phase_ == Phase::asking) next = std::min(next, gives_up_at(reached));
  if (phase_ == Phase::withdrawing && state_ == HoldState::asking) {
    next = std::min(next, cancel_until_);
  }
  return next;
}

void Hold::enter(Phase phase, Moment now) {
  phase_ = phase;
  ask_anew(now);
}

void Hold::ask_anew(Moment due) {
  ++round_;
  under_way_ = 0;
  due_ = due;
}

// Never to be asked for again. What may still stand of it is withdrawn first.
void Hold::give_up(Moment now, Refusal refusal) {
  last_error_ = std::move(refusal);
  if (unresolved_ > 0) {
    cancel_until_ = now + answer_patience;
    return enter(Phase::withdrawing, now);
  }
  refusal_ = std::move(last_error_);
  finish(HoldState::refused);
}

// Nobody said that it was ours until we gave it back.
void Hold::finish_unconfirmed() {
  finish(state_ == HoldState::released ? HoldState::lost : state_);
}

void Hold::finish(HoldState state) {
  phase_ = Phase::over;
  state_ = state;
}

}  // namespace pawl::client

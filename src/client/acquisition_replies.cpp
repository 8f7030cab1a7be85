// SPDX-License-Identifier: Apache-2.0
//
// What each reply means to an acquisition. A line that makes no sense is passed over, or counts as
// an answer that says nothing: asking again with the same id or token does no harm.
#include <algorithm>
#include <utility>

#include "client/acquisition.hpp"
#include "client/verdict.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

constexpr Span confirm_patience = 1s;  // for a grant that came as the wait ended

bool is_ours(std::optional<std::string_view> name, const std::vector<std::string>& names) {
  return name && std::find(names.begin(), names.end(), *name) != names.end();
}

}  // namespace

void Acquisition::on_line(Moment now, std::string_view line, Actions& out) {
  if (is_over() || !connected_) return;
  const std::optional<ReplyLine> reply = parse_reply_line(line);
  if (!reply) return;
  heard_ = now;
  unheard_since_.reset();
  if (reply->kind == ReplyLine::Kind::event) {
    on_event(now, *reply, out);
  } else if (!reply->tag.empty()) {
    const auto found = std::find_if(asked_.begin(), asked_.end(), [&reply](const Asked& asked) {
      return asked.tag == reply->tag;
    });
    if (found == asked_.end()) return;
    const Asked asked = std::move(*found);
    asked_.erase(found);
    on_reply(now, asked, *reply, out);
  }
  note_queued(now);
}

void Acquisition::on_event(Moment now, const ReplyLine& event, Actions& out) {
  if (event.word != "LOST" || !is_ours(event.field("name"), wanted_.names)) return;
  if (token_.value == 0 || event.number("token") != token_.value) return;
  if (phase_ != Phase::returning) return on_not_held(now, out);
  if (wanted_.names.size() > 1) return;  // the others are given back yet
  end(state_ == State::held ? State::lost : State::released);
}

void Acquisition::on_reply(Moment now, const Asked& asked, const ReplyLine& reply, Actions& out) {
  const bool in_vain = reply.kind == ReplyLine::Kind::error && is_of_the_node(reply.word);
  in_vain_ = in_vain ? in_vain_ + 1 : 0;
  switch (asked.kind) {
    case Kind::lock: return on_lock_reply(now, asked, reply, out);
    case Kind::renew: return on_renew_reply(now, asked, reply, out);
    case Kind::verify: return on_verify_reply(now, reply, out);
    case Kind::cancel: return on_cancel_reply(now, asked, reply, out);
    case Kind::unlock: return on_unlock_reply(now, reply, out);
  }
}

void Acquisition::on_lock_reply(Moment now, const Asked& asked, const ReplyLine& reply,
                                Actions& out) {
  if (phase_ != Phase::asking && phase_ != Phase::withdrawing) return;
  if (take_grant(now, asked, reply, out)) return;
  if (reply.kind != ReplyLine::Kind::error) return ask_later(now, reply, out);
  if (!is_unknown(reply.word) && unresolved_ > 0) --unresolved_;
  if (phase_ == Phase::asking) on_lock_refused(now, reply, out);  // else CANCEL's answer decides
}

void Acquisition::on_lock_refused(Moment now, const ReplyLine& error, Actions& out) {
  const std::string& code = error.word;
  last_error_ = refusal_of(error);
  if (is_of_the_node(code) || says_go_elsewhere(code)) {
    ask_later(now, error, out);
    return leave_connection(out);
  }
  if (is_full(code) && may_wait(now)) {
    due_ = std::min(now + full_pause, wait_end_);
    return;
  }
  // Once is no proof: a server that closes cancels the waits of those it leaves.
  if (code == "CANCELLED" &&
      (state_ == State::queued || !std::exchange(cancelled_at_once_, true))) {
    if (state_ == State::queued) state_ = State::asking;
    return ask_later(now, error, out);
  }
  if (code == "NOT_HELD") ++unresolved_;  // of several some are lost, and the others stand
  give_up(now, *last_error_, out);
}

void Acquisition::on_renew_reply(Moment now, const Asked& asked, const ReplyLine& reply,
                                 Actions& out) {
  if (releasing_) return;
  if (const auto ttl = ttl_in(reply)) return hold(now, asked.sent, *ttl);
  if (reply.word == "NOT_HELD") return on_not_held(now, out);
  ask_later(now, reply, out);
}

// Whatever else it says is nothing: the next renewal asks again.
void Acquisition::on_verify_reply(Moment now, const ReplyLine& reply, Actions& out) {
  if (!releasing_ && reply.word == "NOT_HELD") on_not_held(now, out);
}

void Acquisition::on_cancel_reply(Moment now, const Asked& asked, const ReplyLine& reply,
                                  Actions& out) {
  if (phase_ != Phase::withdrawing || take_grant(now, asked, reply, out)) return;
  if (reply.kind != ReplyLine::Kind::ok || reply.field("cancelled") != "yes") {
    return ask_later(now, reply, out);
  }
  if (releasing_) return end(State::released);
  end_refused(std::exchange(last_error_, std::nullopt).value_or(Refusal{"TIMEOUT", {}}));
}

void Acquisition::on_unlock_reply(Moment now, const ReplyLine& reply, Actions& out) {
  const bool is_done = reply.kind == ReplyLine::Kind::ok || reply.word == "NOT_HELD";
  if (!is_done) return ask_later(now, reply, out);
  const std::size_t count = wanted_.names.size();
  if (returning_) {
    ++*returning_;
  } else {
    // Of several it is all or nothing: one that is gone keeps the others.
    returning_ = reply.word == "NOT_HELD" && count > 1 ? 0 : count;
  }
  if (*returning_ < count) return ask(now, out);
  if (!releasing_ && last_error_) return end_refused(std::move(*last_error_));
  end(State::released);
}

// Of several, some are lost: no grant any more, whatever CANCEL finds of it.
bool Acquisition::is_partly_gone() const {
  return phase_ == Phase::withdrawing && last_error_ && last_error_->code == "NOT_HELD";
}

bool Acquisition::take_grant(Moment now, const Asked& asked, const ReplyLine& reply, Actions& out) {
  const auto ttl = ttl_in(reply);
  const auto token = token_in(reply);
  if (!ttl || !token) return false;
  token_ = *token;
  held_until_ = asked.sent + *ttl - margin_of(*ttl);
  unresolved_ = 0;
  pause_ = Span{0};
  if (releasing_ || is_partly_gone()) {
    enter(Phase::returning, now, out);
  } else if (now - asked.sent <= Span{*ttl} / 3) {
    hold(now, asked.sent, *ttl);
  } else {
    ask_until_ = std::max(ask_until_, now + confirm_patience);
    enter(Phase::confirming, now, out);
  }
  return true;
}

void Acquisition::hold(Moment now, Moment sent, Milliseconds ttl) {
  held_until_ = std::max(held_until_, sent + ttl - margin_of(ttl));
  pause_ = Span{0};
  silences_ = 0;
  Span after = renewal_after(ttl);
  // What max_hold leaves gets less with each: no flood of renewals before its end.
  if (wanted_.max_hold.count() > 0) after = std::max(after, Span{wanted_.ttl} / 20);
  due_ = std::max(now, sent + after);
  if (state_ != State::held && now >= held_until_) return;  // the answer took all of it
  phase_ = Phase::holding;
  state_ = State::held;
}

// Held, it is lost. Not held yet, the same wait goes on: the id neither waits nor holds any more.
void Acquisition::on_not_held(Moment now, Actions& out) {
  if (phase_ == Phase::holding) return end(State::lost);
  if (phase_ != Phase::confirming) return;
  token_ = Token{};
  held_until_ = Moment{};
  // A renewal of that token says nothing of the next.
  std::erase_if(asked_, [](const Asked& asked) {
    return asked.kind == Kind::renew || asked.kind == Kind::verify;
  });
  enter(Phase::asking, now, out);
}

// The answer was none that counts. A node that fails twice in a row is left for the next.
void Acquisition::ask_later(Moment now, const ReplyLine& reply, Actions& out) {
  const bool is_error = reply.kind == ReplyLine::Kind::error;
  const Span longest = longest_pause(wanted_.ttl);
  out.soon = is_error && reply.word == "NOT_PRIMARY";
  pause(now, out.soon ? std::min(longest, election_pause) : longest);
  if (in_vain_ >= 2) return leave_connection(out);
  if (!is_error || !says_go_elsewhere(reply.word)) return;
  leave_connection(out);
  out.primary = reply.field("primary").value_or("");
}

void Acquisition::pause(Moment now, Span longest) {
  pause_ = std::min(longest, pause_ == Span{0} ? first_pause : 2 * pause_);
  due_ = paused_until_ = now + pause_;
}

// Never to be asked for again. What may still stand of it is withdrawn first.
void Acquisition::give_up(Moment now, Refusal refusal, Actions& out) {
  if (phase_ == Phase::asking && unresolved_ == 0) return end_refused(std::move(refusal));
  last_error_ = std::move(refusal);
  enter(Phase::withdrawing, now, out);
}

void Acquisition::end(State state) {
  phase_ = Phase::over;
  state_ = state;
  asked_.clear();
}

void Acquisition::end_refused(Refusal refusal) {
  refusal_ = std::move(refusal);
  token_ = Token{};
  end(State::refused);
}

void Acquisition::leave_connection(Actions& out) {
  out.reconnect = true;
  connected_ = false;
  asked_.clear();
  unheard_since_.reset();
  if (state_ == State::queued) state_ = State::asking;
}

}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
#include "client/acquisition.hpp"

#include <algorithm>
#include <utility>

#include "client/request_line.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

constexpr Span counts_as_queued = 200ms;  // a LOCK unanswered for so long
constexpr Span ping_every = 1s;
constexpr Span ping_patience = 2s;  // the server keeps an unclaimed place for 5 s

}  // namespace

Acquisition::Acquisition(Wanted wanted, Moment now) : wanted_(std::move(wanted)) {
  if (auto refusal = refusal_of_form(wanted_)) end_refused(std::move(*refusal));
  wait_end_ = wait_end_of(wanted_, now);
  ask_until_ = ask_until_of(wanted_, now);
}

void Acquisition::on_connected(Moment now, Actions& out) {
  if (is_over()) return;
  connected_ = true;
  in_vain_ = 0;
  asked_.clear();
  out.lines.push_back(RequestLine("EVENTS").word("on").text());
  unheard_since_ = now;
  due_ = std::max(now, paused_until_);
  if (due_ <= now) ask(now, out);
}

void Acquisition::on_disconnected(Moment /*now*/) {
  connected_ = false;
  asked_.clear();
  unheard_since_.reset();
  if (state_ == State::queued) state_ = State::asking;
}

void Acquisition::on_tick(Moment now, Actions& out) {
  if (is_over()) return;
  if (state_ == State::held && now >= held_until_) return end(State::lost);
  if (now >= over_at()) {
    if (phase_ == Phase::withdrawing) {
      return end_refused({"UNREACHABLE", "no server confirmed that the lock is not granted"});
    }
    if (phase_ == Phase::returning) return end_refused(*last_error_);
    const bool asked = unresolved_ > 0 || last_error_;
    const Refusal refusal = asked ? Refusal{"TIMEOUT", {}} : Refusal{"UNREACHABLE", {}};
    return give_up(now, last_error_.value_or(refusal), out);
  }
  if (!connected_) return;
  if (now >= silent_at()) {
    if (wanted_kind() == Kind::renew) ++silences_;
    return leave_connection(out);
  }
  if (now >= due_) ask(now, out);
  if (now >= ping_at()) {
    out.lines.emplace_back("PING");
    unheard_since_ = now;
  }
  note_queued(now);
}

void Acquisition::release(Moment now, Actions& out) {
  if (is_over() || std::exchange(releasing_, true)) return;
  if (phase_ == Phase::confirming || phase_ == Phase::holding) {
    enter(Phase::returning, now, out);
  } else if (phase_ == Phase::asking && unresolved_ == 0) {
    end(State::released);
  } else if (phase_ == Phase::asking) {
    enter(Phase::withdrawing, now, out);
  }
}

Moment Acquisition::next_deadline() const {
  if (is_over()) return never;
  Moment next = over_at();
  if (state_ == State::held) next = std::min(next, held_until_);
  if (!connected_) return next;
  next = std::min({next, silent_at(), due_, ping_at()});
  const Asked* asked = in_flight();
  if (asked != nullptr && phase_ == Phase::asking && state_ == State::asking && !unheard_since_) {
    next = std::min(next, asked->sent + counts_as_queued);
  }
  return next;
}

// The LOCK stands in the queue: the server has answered what was sent before it, and not it.
void Acquisition::note_queued(Moment now) {
  if (phase_ != Phase::asking || state_ != State::asking || unheard_since_) return;
  const Asked* asked = in_flight();
  if (asked == nullptr || now < asked->sent + counts_as_queued) return;
  state_ = State::queued;
  cancelled_at_once_ = false;
  last_error_.reset();
  pause_ = Span{0};
}

void Acquisition::enter(Phase phase, Moment now, Actions& out) {
  phase_ = phase;
  if (state_ == State::queued) state_ = State::asking;
  if (phase == Phase::withdrawing) cancel_until_ = now + answer_patience;
  due_ = never;
  ask(now, out);
}

void Acquisition::ask(Moment now, Actions& out) {
  due_ = never;
  if (!connected_ || in_flight() != nullptr) return;
  const Kind kind = wanted_kind();
  if (kind == Kind::renew) ask_for_others(now, out);
  Asked asked{kind, "t" + std::to_string(++last_tag_), now};
  out.lines.push_back(line_of(kind, asked.tag, now));
  asked_.push_back(std::move(asked));
  if (kind == Kind::lock) ++unresolved_;
}

// RENEW names the first and renews all that is left: whether any other is gone, VERIFY tells.
void Acquisition::ask_for_others(Moment now, Actions& out) {
  std::erase_if(asked_, [](const Asked& asked) { return asked.kind == Kind::verify; });
  for (std::size_t i = 1; i < wanted_.names.size(); ++i) {
    Asked asked{Kind::verify, "t" + std::to_string(++last_tag_), now};
    out.lines.push_back(RequestLine("VERIFY")
                            .word(wanted_.names[i])
                            .option("token", token_.value)
                            .tag(asked.tag)
                            .text());
    asked_.push_back(std::move(asked));
  }
}

Acquisition::Kind Acquisition::wanted_kind() const {
  switch (phase_) {
    case Phase::asking: return Kind::lock;
    case Phase::confirming:
    case Phase::holding: return Kind::renew;
    case Phase::withdrawing: return Kind::cancel;
    case Phase::returning:
    case Phase::over: break;
  }
  return Kind::unlock;
}

std::string Acquisition::line_of(Kind kind, std::string_view tag, Moment now) const {
  const auto start = [this](std::string_view verb) {
    return RequestLine(verb).word(wanted_.names.front());
  };
  switch (kind) {
    case Kind::lock: {
      RequestLine line("LOCK");
      line.words(wanted_.names);
      line.option("ttl", wanted_.ttl);
      add_wait(line, wanted_, wait_end_, now);
      add_shape(line, wanted_);
      return line.tag(tag).text();
    }
    case Kind::renew: return start("RENEW").option("token", token_.value).tag(tag).text();
    case Kind::cancel: return start("CANCEL").option("id", wanted_.id).tag(tag).text();
    case Kind::verify:
    case Kind::unlock: break;
  }
  return unlock_line(tag);
}

std::string Acquisition::unlock_line(std::string_view tag) const {
  RequestLine line("UNLOCK");
  if (returning_) line.word(wanted_.names[*returning_]);
  if (!returning_) line.words(wanted_.names);
  return line.option("token", token_.value).tag(tag).text();
}

const Acquisition::Asked* Acquisition::in_flight() const {
  const Kind kind = wanted_kind();
  const auto found = std::find_if(asked_.begin(), asked_.end(),
                                  [kind](const Asked& asked) { return asked.kind == kind; });
  return found == asked_.end() ? nullptr : &*found;
}

Span Acquisition::patience_with(Kind kind) const {
  return kind == Kind::renew ? renewal_patience(wanted_.ttl, silences_) : answer_patience;
}

Moment Acquisition::silent_at() const {
  if (phase_ == Phase::asking) return unheard_since_ ? *unheard_since_ + ping_patience : never;
  const Asked* asked = in_flight();
  return asked == nullptr ? never : asked->sent + patience_with(asked->kind);
}

Moment Acquisition::over_at() const {
  if (phase_ == Phase::asking || phase_ == Phase::confirming) return ask_until_;
  if (releasing_) return never;
  if (phase_ == Phase::returning) return held_until_;  // what is left of several
  return phase_ == Phase::withdrawing ? cancel_until_ : never;
}

Moment Acquisition::ping_at() const {
  return phase_ == Phase::asking && !unheard_since_ ? heard_ + ping_every : never;
}

bool Acquisition::may_wait(Moment now) const { return !wanted_.wait || now < wait_end_; }

}  // namespace pawl::client

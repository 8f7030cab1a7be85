// SPDX-License-Identifier: Apache-2.0
#include "client/acquisition.hpp"

#include <algorithm>
#include <utility>

#include "client/request_line.hpp"
#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

constexpr Span counts_as_queued = 200ms;  // a LOCK unanswered for so long
constexpr Span ping_every = 1s;
constexpr Span ping_patience = 2s;  // the server keeps an unclaimed place for 5 s
constexpr Span answer_patience = 1s;
// A BREAK whose EVENT got lost is noticed by then, however long the TTL.
constexpr Span longest_renewal = 60s;

std::optional<Refusal> refusal_of_form(const Wanted& wanted) {
  const auto bad = [](const char* message) { return Refusal{"BAD_REQUEST", message}; };
  const bool are_names = std::all_of(
      wanted.names.begin(), wanted.names.end(),
      [](const std::string& name) { return wire::is_text(name) && wire::is_name(name); });
  if (wanted.names.empty() || !are_names) {
    return bad("not a lock name: 1 to 255 bytes of UTF-8 without blanks, quotes, = and ,");
  }
  if (!wire::is_id(wanted.id)) return bad("not an id: 1 to 64 of A-Z a-z 0-9 . _ : -");
  if (!wire::is_text(wanted.note) || wanted.note.size() > wire::longest_note) {
    return bad("not a note: up to 1024 bytes of UTF-8");
  }
  return std::nullopt;
}

}  // namespace

Span margin_of(Milliseconds ttl) {
  return std::max<Span>(std::min<Span>(50ms, Span{ttl} / 5), Span{ttl} / 100);
}

Span renewal_after(Milliseconds ttl) {
  return std::min(longest_renewal, std::max(Span{ttl} / 4 - margin_of(ttl), Span{ttl} / 10));
}

Span longest_pause(Milliseconds ttl) { return std::clamp<Span>(Span{ttl} / 50, 2ms, 250ms); }

Acquisition::Acquisition(Wanted wanted, Moment now) : wanted_(std::move(wanted)) {
  if (auto refusal = refusal_of_form(wanted_)) end_refused(std::move(*refusal));
  if (!wanted_.wait) return;
  wait_end_ = now + std::min(*wanted_.wait, wire::longest_duration);
  ask_until_ = std::max<Moment>(wait_end_ + answer_patience, now + wanted_.patience);
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
      if (wanted_.wait) {
        // Rounded up: a wait that is not over is not asked for with wait=0.
        line.option("wait", std::chrono::ceil<Milliseconds>(std::max(wait_end_ - now, Span{0})));
      } else {
        line.option("wait", std::string_view("forever"));
      }
      line.option("id", wanted_.id).mode(wanted_.mode, wanted_.slots);
      if (wanted_.delay.count() > 0) line.option("delay", wanted_.delay);
      if (wanted_.max_hold.count() > 0) line.option("max_hold", wanted_.max_hold);
      if (!wanted_.note.empty()) line.option("note", wanted_.note);
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

// A renewal that is not answered is asked again soon, elsewhere; but where the way is long, longer
// each time, or no answer would ever be awaited.
Span Acquisition::patience_with(Kind kind) const {
  if (kind != Kind::renew) return answer_patience;
  const Span ttl{wanted_.ttl};
  const Span first = std::max<Span>(20ms, std::min<Span>(ttl / 20, 1s));
  const Span longest = std::max<Span>(first, std::min<Span>(ttl / 5, 1s));
  return std::min<Span>(longest, first * (1 << std::min(silences_, 6U)));
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

// SPDX-License-Identifier: Apache-2.0
//
// What each reply means to a hold. A reply that makes no sense counts as an answer that says
// nothing: asking again with the same id or token does no harm.
#include <algorithm>
#include <utility>

#include "client/hold.hpp"
#include "client/pace.hpp"
#include "client/verdict.hpp"

namespace pawl::client {

using namespace std::chrono_literals;

namespace {

constexpr Span counts_as_queued = 200ms;  // a LOCK unanswered for so long

bool is_not_held(const ReplyLine& reply) {
  return reply.kind == ReplyLine::Kind::error && reply.word == "NOT_HELD";
}

}  // namespace

void Hold::on_reply(Moment now, const Asked& asked, const ReplyLine& reply) {
  if (asked.verb == Verb::lock) return on_lock_reply(now, asked, reply);
  if (asked.round != round_ || is_over()) return;
  --under_way_;
  if (asked.verb == Verb::verify) on_verify_reply(now, asked, reply);
  if (asked.verb == Verb::cancel) on_cancel_reply(now, asked, reply);
  if (asked.verb == Verb::unlock) on_unlock_reply(now, reply);
}

void Hold::resolve(const Asked& asked, const ReplyLine& error) {
  if (asked.verb == Verb::lock && !is_unknown(error.word) && unresolved_ > 0) --unresolved_;
}

void Hold::on_lock_reply(Moment now, const Asked& asked, const ReplyLine& reply) {
  if (phase_ != Phase::asking && phase_ != Phase::withdrawing) return;
  if (asked.round == round_) --under_way_;
  if (take_grant(now, asked, reply)) return;
  resolve(asked, reply);
  if (phase_ != Phase::asking) return;  // the answer to CANCEL decides
  if (reply.kind != ReplyLine::Kind::error) return ask_anew(now + full_pause);
  on_lock_refused(now, asked, reply);
}

void Hold::on_lock_refused(Moment now, const Asked& asked, const ReplyLine& error) {
  const std::string& code = error.word;
  const bool waits = !wanted_.wait || wanted_.wait->count() > 0;
  last_error_ = refusal_of(error);
  if (is_full(code) && now < wait_end_) return ask_anew(std::min(now + full_pause, wait_end_));
  if (code == "CANCELLED") {
    // Once is no proof: a server that closes cancels the waits of those it leaves.
    const bool was_queued = now - asked.sent >= counts_as_queued;
    if (was_queued) cancelled_at_once_ = false;
    if (was_queued || !std::exchange(cancelled_at_once_, true)) return ask_anew(now + first_pause);
  }
  // Its time was over before it reached a primary again.
  if (code == "BUSY" && waits) last_error_ = Refusal{"TIMEOUT", {}};
  if (code == "NOT_HELD") ++unresolved_;  // of several some are lost, and the others stand
  give_up(now, *last_error_);
}

bool Hold::take_grant(Moment now, const Asked& asked, const ReplyLine& reply) {
  const auto ttl = ttl_in(reply);
  const auto token = token_in(reply);
  if (!ttl || !token || *token == lost_) return false;
  const bool is_partly_gone =
      phase_ == Phase::withdrawing && last_error_ && last_error_->code == "NOT_HELD";
  token_ = *token;
  unresolved_ = 0;
  confirmed_ = true;
  verifying_ = false;
  if (is_bounded()) until_ = asked.sent + *ttl - margin_of(*ttl);
  if (unwanted_ || is_partly_gone) {
    if (is_partly_gone && state_ == HoldState::asking) {
      state_ = HoldState::refused;
      refusal_ = last_error_;
    }
    if (state_ == HoldState::asking) state_ = HoldState::released;
    enter(Phase::returning, now);
  } else if (is_bounded() && now - asked.sent > Span{*ttl} / 3) {
    enter(Phase::confirming, now);
  } else {
    state_ = HoldState::held;
    enter(Phase::holding, now);
  }
  return true;
}

void Hold::on_verify_reply(Moment now, const Asked& asked, const ReplyLine& reply) {
  if (is_not_held(reply)) return lose(now);
  const auto ttl = ttl_in(reply);
  if (!ttl) return ask_anew(now + full_pause);
  if (is_bounded()) until_ = std::max(until_, asked.sent + *ttl - margin_of(*ttl));
  if (under_way_ > 0) return;
  confirmed_ = true;
  verifying_ = false;
  if (phase_ != Phase::confirming) return;
  if (now >= until_) return ask_anew(now);
  state_ = HoldState::held;
  enter(Phase::holding, now);
}

void Hold::on_cancel_reply(Moment now, const Asked& asked, const ReplyLine& reply) {
  if (take_grant(now, asked, reply)) return;
  if (reply.kind != ReplyLine::Kind::ok || reply.field("cancelled") != "yes") {
    return ask_anew(now + full_pause);
  }
  if (state_ != HoldState::asking) return finish(state_);
  if (unwanted_) return finish(HoldState::released);
  refusal_ = std::exchange(last_error_, std::nullopt);
  finish(HoldState::refused);
}

void Hold::on_unlock_reply(Moment now, const ReplyLine& reply) {
  const bool is_done = reply.kind == ReplyLine::Kind::ok || is_not_held(reply);
  if (!is_done) return ask_anew(now + full_pause);
  // Asked for the second time it may be the first that took it away.
  if (is_not_held(reply) && unlocks_ == 1 && state_ == HoldState::released) {
    state_ = HoldState::lost;
  }
  if (is_not_held(reply) && !one_by_one_ && wanted_.names.size() > 1) {
    one_by_one_ = true;  // all or nothing: one that is gone keeps the others
    return ask_anew(now);
  }
  if (under_way_ == 0) finish(state_);
}

}  // namespace pawl::client

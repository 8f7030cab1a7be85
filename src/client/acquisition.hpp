// SPDX-License-Identifier: Apache-2.0
//
// One acquisition of one leased lock, or of several as one, from the first LOCK to the last UNLOCK,
// over as many connections as that takes. Pure: time, connections and reply lines come in, lines to
// send go out. Its law: at held_until() or later nobody acts on the lock; it counts each `ttl=`
// from the send of the very request it answers, less the margin (PROTOCOL.md "Two ways to hold",
// DESIGN.md §4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "client/actions.hpp"
#include "client/pace.hpp"
#include "client/reply_line.hpp"
#include "client/wanted.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

enum class State : std::uint8_t {
  asking,    // no answer yet, or none since the connection broke
  queued,    // the server has the LOCK and has not answered it for a while: we wait our turn
  held,      // granted, and held_until() lies ahead
  lost,      // was held: the server said so, or held_until() has passed
  refused,   // never held: refusal() says why; its code may also be UNREACHABLE
  released,  // given back, or certainly never granted after release()
};

class Acquisition {
 public:
  Acquisition(Wanted wanted, Moment now);

  // A connection of our own stands (each is a new one: what was asked before it is asked again).
  void on_connected(Moment now, Actions& out);
  void on_disconnected(Moment now);
  void on_line(Moment now, std::string_view line, Actions& out);
  void on_tick(Moment now, Actions& out);

  // Gives it back: UNLOCK while held, CANCEL while not granted yet (and UNLOCK if the grant won the
  // race). Done when released or lost; asked again after each reconnect.
  void release(Moment now, Actions& out);

  [[nodiscard]] State state() const { return state_; }
  // It stays as it is: lost, refused or released.
  [[nodiscard]] bool is_over() const { return phase_ == Phase::over; }
  [[nodiscard]] Token token() const { return token_; }  // while held, and after
  [[nodiscard]] Moment held_until() const { return held_until_; }
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  // When on_tick must be called at the latest.
  [[nodiscard]] Moment next_deadline() const;

 private:
  // Each phase has its one request, asked again until it is answered or the phase ends.
  enum class Phase : std::uint8_t {
    asking,       // LOCK
    confirming,   // RENEW: granted so long after the LOCK was sent that too little may be left
    holding,      // RENEW
    withdrawing,  // CANCEL: the wait is over, or release() came before the grant
    returning,    // UNLOCK
    over,
  };
  enum class Kind : std::uint8_t { lock, renew, verify, cancel, unlock };
  struct Asked {
    Kind kind;
    std::string tag;
    Moment sent;
  };

  // What comes in (acquisition_replies.cpp).
  void on_event(Moment now, const ReplyLine& event, Actions& out);
  void on_reply(Moment now, const Asked& asked, const ReplyLine& reply, Actions& out);
  void on_lock_reply(Moment now, const Asked& asked, const ReplyLine& reply, Actions& out);
  void on_lock_refused(Moment now, const ReplyLine& error, Actions& out);
  void on_renew_reply(Moment now, const Asked& asked, const ReplyLine& reply, Actions& out);
  void on_cancel_reply(Moment now, const Asked& asked, const ReplyLine& reply, Actions& out);
  void on_verify_reply(Moment now, const ReplyLine& reply, Actions& out);
  void on_unlock_reply(Moment now, const ReplyLine& reply, Actions& out);
  bool take_grant(Moment now, const Asked& asked, const ReplyLine& reply, Actions& out);
  void on_not_held(Moment now, Actions& out);

  // What follows.
  void enter(Phase phase, Moment now, Actions& out);
  void hold(Moment now, Moment sent, Milliseconds ttl);
  void ask(Moment now, Actions& out);
  void ask_for_others(Moment now, Actions& out);
  void ask_later(Moment now, const ReplyLine& reply, Actions& out);
  void pause(Moment now, Span longest);
  void give_up(Moment now, Refusal refusal, Actions& out);
  void end(State state);
  void end_refused(Refusal refusal);
  void leave_connection(Actions& out);
  void note_queued(Moment now);

  [[nodiscard]] Kind wanted_kind() const;
  [[nodiscard]] std::string unlock_line(std::string_view tag) const;
  [[nodiscard]] std::string line_of(Kind kind, std::string_view tag, Moment now) const;
  [[nodiscard]] const Asked* in_flight() const;  // the phase's own request
  [[nodiscard]] Span patience_with(Kind kind) const;
  [[nodiscard]] Moment silent_at() const;  // when what was asked will have been unanswered too long
  [[nodiscard]] Moment over_at() const;    // when the phase ends by itself
  [[nodiscard]] Moment ping_at() const;
  [[nodiscard]] bool is_partly_gone() const;
  [[nodiscard]] bool may_wait(Moment now) const;

  Wanted wanted_;
  Moment wait_end_ = never;
  Moment ask_until_ = never;
  Moment cancel_until_ = never;

  Phase phase_ = Phase::asking;
  State state_ = State::asking;
  bool releasing_ = false;
  Token token_;
  Moment held_until_;
  std::optional<Refusal> refusal_;
  std::optional<Refusal> last_error_;     // of the LOCK, where it is asked again
  std::optional<std::size_t> returning_;  // which of several, where each is given back by itself
  std::uint32_t unresolved_ = 0;          // LOCKs sent that may still wait or hold
  bool cancelled_at_once_ = false;        // the id may be spent

  bool connected_ = false;
  std::vector<Asked> asked_;  // on this connection, unanswered
  std::uint64_t last_tag_ = 0;
  Moment due_ = never;          // of the phase's request, when it is not in flight
  Moment paused_until_;         // nothing is asked before
  Span pause_{0};               // the last one
  std::uint32_t silences_ = 0;  // renewals unanswered in a row
  std::uint32_t in_vain_ = 0;   // answers in a row that this node cannot do it now
  Moment heard_;                // the last line on this connection, if not
  std::optional<Moment> unheard_since_;
};

}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
//
// One acquisition within a session, from the first LOCK to the last UNLOCK, over as many
// connections as that takes. Pure, and a part of Session, which renews it, correlates its replies
// and keeps from it what concerns all: a server that is no primary, a session that is over. Its
// law: what is not wanted any more is withdrawn, and given back if its grant won the race.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/reply_line.hpp"
#include "client/requests.hpp"
#include "client/wanted.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

enum class HoldState : std::uint8_t {
  asking,
  held,
  lost,      // was held
  refused,   // never held: refusal() says why; its code may also be UNREACHABLE
  released,  // not wanted any more; certainly not held once is_over()
};

class Hold {
 public:
  Hold(HoldKey key, Wanted wanted, Moment now);

  // What this phase asks for goes out, if it is due and not under way.
  void ask(Moment now, Requests& requests, std::vector<std::string>& lines);
  void on_connected(Moment now);
  void on_disconnected() { confirmed_ = false; }
  void on_reply(Moment now, const Asked& asked, const ReplyLine& reply);
  // An error, which may say that this LOCK certainly did nothing.
  void resolve(const Asked& asked, const ReplyLine& error);
  void on_lost(Moment now, Token token);
  // `reached`: some server has answered once.
  void on_tick(Moment now, bool reached);
  // What waited begins anew in the next session, with nothing of the last one.
  void on_session_over(Moment now);
  // It is not asked for any more, whatever may stand of it: its session is closed or refused.
  // `given_back`: a server has confirmed that nothing stands of it.
  void end(Refusal refusal, bool given_back);
  // Why the session it needs is not to be had yet; where only time can help, and there is none, the
  // end. Forgotten when there is one.
  void note(Moment now, const Refusal& refusal);
  void forget_note();

  void release(Moment now);
  // What max_hold leaves is asked again, with each renewal of the session.
  void verify_again(Moment now);

  [[nodiscard]] HoldState state() const { return state_; }
  [[nodiscard]] bool is_over() const { return phase_ == Phase::over; }
  [[nodiscard]] Token token() const { return token_; }
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  // By max_hold; the session may end before.
  [[nodiscard]] Moment until() const { return until_; }
  // The server of this connection says that it is held.
  [[nodiscard]] bool is_confirmed() const { return confirmed_; }
  [[nodiscard]] bool is_waiting() const { return phase_ == Phase::asking; }
  [[nodiscard]] bool is_bounded() const { return wanted_.max_hold.count() > 0; }
  // Nothing to ask and nothing to tick: only a reply, an event or a new connection changes it.
  [[nodiscard]] bool is_quiet() const;
  [[nodiscard]] bool is_named(std::string_view name) const;
  [[nodiscard]] Moment next_deadline(bool connected, bool reached) const;

 private:
  void lose(Moment now);
  enum class Phase : std::uint8_t {
    asking,       // LOCK
    confirming,   // VERIFY: granted after a wait; what does max_hold leave?
    holding,      // VERIFY, after each new connection
    withdrawing,  // CANCEL
    losing,       // nothing: told of its loss, the user has yet to let go of it
    returning,    // UNLOCK
    over,
  };

  void on_lock_reply(Moment now, const Asked& asked, const ReplyLine& reply);
  void on_lock_refused(Moment now, const Asked& asked, const ReplyLine& error);
  void on_verify_reply(Moment now, const Asked& asked, const ReplyLine& reply);
  void on_cancel_reply(Moment now, const Asked& asked, const ReplyLine& reply);
  void on_unlock_reply(Moment now, const ReplyLine& reply);
  bool take_grant(Moment now, const Asked& asked, const ReplyLine& reply);

  [[nodiscard]] bool has_to_ask() const;
  void enter(Phase phase, Moment now);
  void ask_anew(Moment due);
  void give_up(Moment now, Refusal refusal);
  void finish_unconfirmed();
  void finish(HoldState state);
  [[nodiscard]] RequestLine lock_line(Moment now) const;
  [[nodiscard]] Moment gives_up_at(bool reached) const;

  HoldKey key_;
  Wanted wanted_;
  Moment began_;
  Moment wait_end_;
  Moment ask_until_;
  Moment cancel_until_ = never;

  Phase phase_ = Phase::asking;
  HoldState state_ = HoldState::asking;
  bool unwanted_ = false;  // nobody waits for the grant any more
  Token token_;
  Token lost_;  // taken away before the answer that would grant it
  Moment until_ = never;
  bool confirmed_ = false;
  std::optional<Refusal> refusal_;
  std::optional<Refusal> last_error_;  // what the refusal will be, where it is not certain yet

  std::uint32_t round_ = 0;         // requests of an earlier one do not count as under way
  std::size_t under_way_ = 0;       // of this round
  Moment due_;                      // of what the phase asks for
  bool verifying_ = false;          // while holding: VERIFY is to be asked
  bool one_by_one_ = false;         // UNLOCK of several names, some of which are gone
  std::uint32_t unlocks_ = 0;       // UNLOCKs sent
  std::uint32_t unresolved_ = 0;    // LOCKs sent that may still wait or hold
  bool cancelled_at_once_ = false;  // the id may be spent
};

}  // namespace pawl::client

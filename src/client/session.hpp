// SPDX-License-Identifier: Apache-2.0
//
// A session and all it holds, over as many connections and as many lives as that takes. Pure: time,
// connections and reply lines come in, lines to send and what became of each hold go out. Its law:
// at until() or later nobody acts on what it holds; it counts each `ttl=` from the send of the very
// request it answers, less the margin (PROTOCOL.md "Two ways to hold", DESIGN.md §4). When it is
// over, what it held is lost and stays lost; what waited goes on waiting in a new session.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "client/actions.hpp"
#include "client/hold.hpp"
#include "client/reply_line.hpp"
#include "client/requests.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

struct SessionWanted {
  std::string secret;  // up to 40 of A-Z a-z 0-9 . _ : -, known to nobody else
  Milliseconds ttl{10'000};
  std::string name;              // shown to others; empty: none
  bool deadlock = false;         // on: the session counts as one line of work
  Milliseconds patience{5'000};  // to reach a server at all, and for a CLOSE to be answered
  // Each connection has said who asks before it stands: UNAUTHENTICATED on one tells that the
  // server's users have changed since, and the next connection how.
  bool names_user = false;
};

// What became of a hold: its state has changed, or it is over and forgotten.
struct Told {
  HoldKey key = 0;
  HoldState state = HoldState::asking;
  bool is_over = false;
  Token token;
  std::optional<Refusal> refusal;
};

struct SessionActions : Actions {
  std::vector<Told> told;
  bool renewed = false;  // what is held, is for longer than before
};

class Session {
 public:
  explicit Session(SessionWanted wanted);

  // A connection of our own stands; the next one stands after on_disconnected or `reconnect`.
  void on_connected(Moment now, SessionActions& out);
  void on_disconnected(Moment now, SessionActions& out);
  // No connection of ours will ever stand: the servers do not accept who asks.
  void on_denied(Moment now, Refusal denial, SessionActions& out);
  void on_line(Moment now, std::string_view line, SessionActions& out);
  void on_tick(Moment now, SessionActions& out);

  // `wanted` needs neither id nor ttl.
  HoldKey lock(Moment now, Wanted wanted, SessionActions& out);
  // Gives it back, or gives it up if it is not granted yet.
  void release(Moment now, HoldKey key, SessionActions& out);
  // Gives all of it back at once, and takes no more.
  void close(Moment now, SessionActions& out);
  // Over at once, without a word to a server: what it held is free when its TTL is over.
  void abandon(Moment now, SessionActions& out);

  // Closed, abandoned or refused; everything it held has been told.
  [[nodiscard]] bool is_over() const { return over_; }
  // Why no session is to be had, or why nobody knows of its end; none: it was closed as asked.
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  // How long it is certainly held without another answer; zero: it is not.
  [[nodiscard]] Span left(Moment now, HoldKey key) const;
  // The server that is connected confirms it.
  [[nodiscard]] bool is_confirmed(HoldKey key) const;
  [[nodiscard]] Moment until() const { return until_; }
  // It is ours before until().
  [[nodiscard]] bool is_open() const { return opened_; }
  // When on_tick must be called at the latest.
  [[nodiscard]] Moment next_deadline() const;

 private:
  void on_event(Moment now, const ReplyLine& event);
  void on_reply(Moment now, const Asked& asked, const ReplyLine& reply, SessionActions& out);
  bool on_refused(Moment now, const Asked& asked, const ReplyLine& error, SessionActions& out);
  void on_not_attached(const Asked& greeting, const ReplyLine& error);
  [[nodiscard]] bool asks_again(std::string_view code) const;
  void on_renewal(const Asked& asked, const ReplyLine& reply, SessionActions& out);
  void refuse(Refusal refusal);
  [[nodiscard]] bool may_be_open() const { return opened_ || unresolved_opens_ > 0; }

  void greet(Moment now, SessionActions& out);
  void keep_alive(Moment now, SessionActions& out);
  void renew(Moment now, Verb verb, RequestLine line, SessionActions& out);
  void renewed(Moment sent, Milliseconds ttl, SessionActions& out);
  void note_refused(Moment now, const Refusal& refusal);
  void expire(Moment now);
  void leave_connection(SessionActions& out);
  void lose_connection();
  void finish(const Refusal& refusal, bool given_back = false);
  // Every call ends with it: what is due is asked, what has changed is told.
  void settle(Moment now, SessionActions& out);
  void tell(HoldKey key, SessionActions& out);
  void touch(HoldKey key) { restless_.insert(key); }
  void touch_all();

  [[nodiscard]] std::string secret() const;
  [[nodiscard]] RequestLine open_line() const;
  [[nodiscard]] Span patience() const;
  [[nodiscard]] Moment silent_at() const;
  [[nodiscard]] Moment keep_alive_at() const;

  SessionWanted wanted_;
  std::uint64_t life_ = 0;              // of the sessions, one after the other
  bool reached_ = false;                // some server has answered once
  bool opened_ = false;                 // it is ours before until_
  std::uint32_t unresolved_opens_ = 0;  // in this life: OPENs that may have done it, unanswered
  Moment until_;
  std::string handle_;

  bool connected_ = false;
  bool attached_ = false;  // the connection is the session's
  Requests requests_;
  Moment renewed_at_;           // when the last OPEN, RESUME or KEEPALIVE was sent
  bool renewing_ = false;       // and it is unanswered
  std::uint32_t silences_ = 0;  // connections in a row that were left because of that

  std::map<HoldKey, Hold> holds_;      // in the order they were asked for
  std::map<HoldKey, HoldState> told_;  // as it was told last
  std::set<HoldKey> restless_;         // those that may have something to ask, tell or wait for
  HoldKey last_key_ = 0;

  bool closing_ = false;
  bool close_asked_ = false;  // on this connection
  Moment close_until_ = never;
  bool over_ = false;
  std::optional<Refusal> refusal_;
};

}  // namespace pawl::client

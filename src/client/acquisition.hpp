// SPDX-License-Identifier: Apache-2.0
//
// One acquisition of one leased lock, from the first LOCK to the last UNLOCK, over as many
// connections as that takes. Pure: time, connections and reply lines come in, lines to send go out.
// Its law: at held_until() or later nobody acts on the lock; it counts each `ttl=` from the send of
// the very request it answers, less the margin (PROTOCOL.md "Two ways to hold", DESIGN.md §4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/moment.hpp"
#include "client/reply_line.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

struct Wanted {
  std::string name;
  std::string id;  // names this acquisition: a repeated LOCK is the same one, never a second
  Milliseconds ttl{30'000};
  std::optional<Milliseconds> wait;  // none: for ever; 0: try once
  std::string note;                  // shown to others; empty: none
};

// What is taken off a TTL before anyone counts on it: max(min(50 ms, TTL/5), 1 % of TTL).
[[nodiscard]] Span margin_of(Milliseconds ttl);

enum class State : std::uint8_t {
  asking,    // no answer yet, or none since the connection broke
  queued,    // the server has the LOCK and has not answered it for a while: we wait our turn
  held,      // granted, and held_until() lies ahead
  lost,      // was held: the server said so, or held_until() has passed
  refused,   // never held: refusal() says why
  released,  // given back, or certainly never granted after release()
};

struct Actions {
  std::vector<std::string> lines;  // to send, in this order, without LF
  bool reconnect = false;          // this connection is of no use: close it, connect again at once
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
  [[nodiscard]] Token token() const { return token_; }  // while held, and after
  [[nodiscard]] Moment held_until() const { return held_until_; }
  [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }
  // When on_tick must be called at the latest.
  [[nodiscard]] Moment next_deadline() const;
};

}  // namespace pawl::client

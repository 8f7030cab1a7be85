// SPDX-License-Identifier: Apache-2.0
//
// Conversations with a whole server: bytes decide who connects, who says what, in lines or as a
// Redis client, whole or in halves, who leaves, how time passes, when the disk has what it was
// given. The laws are LoneServer's.
#pragma once

#include <array>
#include <string>
#include <utility>

#include "asking.hpp"
#include "draws.hpp"
#include "lone_server.hpp"

namespace pawl::fuzz {

inline constexpr std::array<Span, 8> spans{
    Milliseconds{1},     Milliseconds{10},    Milliseconds{50},    Milliseconds{300},
    Milliseconds{1'000}, Milliseconds{3'000}, Milliseconds{6'000}, Milliseconds{12'000}};

inline Limits narrow() {
  Limits limits;
  limits.sessions = 2;
  limits.locks = 2;
  limits.locks_per_session = 2;
  limits.waiters_per_lock = 2;
  limits.waiters_per_session = 2;
  limits.watches = 2;
  limits.reclaim = Milliseconds{1'000};
  return limits;
}

inline Settings settings(Draws& draws) {
  Settings settings;
  settings.durability = Durability::fsync;
  settings.leases.default_ttl = Milliseconds{3'000};
  settings.leases.max_ttl = Milliseconds{10'000};
  settings.session_default_ttl = Milliseconds{3'000};
  settings.snapshot_after = 1'024;
  if (draws.one_in(2)) settings.limits = narrow();
  return settings;
}

inline void act(LoneServer& server, Draws& draws) {
  const std::size_t place = draws.below(LoneServer::places);
  switch (draws.below(16)) {
    default: {
      Asking asking(draws, server.newest_token());
      // The last place is that of a Redis client.
      const std::string said = place + 1 == LoneServer::places ? asking.command() : asking.line();
      server.connect(place);
      return server.send(place, said);
    }
    case 1:
    case 2:
    case 3: return server.flush(!draws.one_in(4));
    case 4:
    case 5: return server.pass(draws.pick(spans));
    case 6: return server.disconnect(place);
    case 7: return server.end_input(place);
    case 8: return server.send(place, draws.text(24));
    case 9:
      if (draws.one_in(8)) server.fill_disk(draws.one_in(2));
      return;
    case 10:
      if (draws.one_in(8)) server.configure(draws.one_in(2) ? narrow() : Limits{});
      return;
  }
}

// `act_else`: what may happen in place of the next act; true: it did.
template <class ActElse>
void converse(LoneServer& server, Draws& draws, ActElse act_else) {
  const bool drains = draws.one_in(8);
  while (!draws.at_end()) {
    if (!act_else()) act(server, draws);
  }
  server.fill_disk(false);
  if (drains) server.drain();
  server.end_conversations();
  if (!drains) server.let_all_expire();
}

}  // namespace pawl::fuzz

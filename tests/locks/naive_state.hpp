// SPDX-License-Identifier: Apache-2.0
//
// Who holds, waits and is alive, as plainly as can be: lists, always searched.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "locks/effects.hpp"

namespace pawl::locks {

struct NaiveState {
  struct Acquisition {  // of one LOCK
    std::uint64_t stamp;
    SessionId session;  // 0: leased
    std::string user;
    std::string id;
    std::vector<std::string> names;  // as the LOCK gave them
    Mode mode;
    std::uint32_t slots, ttl_ms, delay_ms, max_hold_ms;
    std::string note;
    std::vector<std::string> left = names;  // what it still holds or awaits
    Stage stage = Stage::free;
    std::uint64_t number = 0;  // claim number, then token
    [[nodiscard]] bool holds() const { return stage == Stage::holding; }
    [[nodiscard]] bool several() const { return names.size() > 1; }
    [[nodiscard]] bool has(std::string_view name) const {
      return std::ranges::find(left, name) != left.end();
    }
  };
  struct Delay {
    std::string name;
    Mode mode;
    std::uint64_t token;  // that was lost
    std::uint64_t after;  // the newest token then: it stands behind all who held already
    std::uint32_t ms;
  };
  struct Session {
    std::string secret;
    bool deadlock;
  };
  struct Slots {
    std::uint32_t number = 0;
    bool by_operator = false;
  };
  // An id is unique in its session or, leased, in user and name; its own text comes last.
  using Id = std::tuple<SessionId, std::string, std::string, std::string>;

  std::list<Acquisition> acquisitions;    // in the order of arrival
  std::list<Delay> delays;                // in the order of loss
  std::map<std::string, Slots> slots;     // of locks held, awaited or delayed
  std::map<SessionId, Session> sessions;  // those alive
  std::map<SessionId, SessionEnd> dead;   // and not yet swept
  std::map<Id, std::uint64_t> spent;      // by which cancellation, the latest
  std::uint64_t last_token = 0, last_claim = 0, last_session = 0, cancels = 0;

  [[nodiscard]] bool is_dead(const Acquisition& one) const { return dead.contains(one.session); }
  [[nodiscard]] bool is_claimed(const Acquisition& one) const {
    return one.stage == Stage::waiting && !is_dead(one);
  }
  [[nodiscard]] static bool conflict(Mode one, Mode other) {
    return one != other || one == Mode::exclusive;
  }
  [[nodiscard]] std::uint32_t slots_of(std::string_view name) const {
    auto at = slots.find(std::string{name});
    return at == slots.end() ? 0 : at->second.number;
  }
  // Beside those who hold or delay, and whoever waits ahead: of `before`, or of nobody.
  [[nodiscard]] bool fits(std::string_view name, Mode mode, const Acquisition* before) const {
    std::uint32_t beside = 0;
    for (const Delay& one : delays) {
      if (one.name != name) continue;
      if (conflict(one.mode, mode)) return false;
      ++beside;
    }
    bool ahead = true;
    for (const Acquisition& one : acquisitions) {
      if (&one == before) ahead = false;
      if (!(one.holds() || (ahead && is_claimed(one))) || !one.has(name)) continue;
      if (conflict(one.mode, mode)) return false;
      ++beside;
    }
    return mode != Mode::slot || beside == 0 || beside < slots_of(name);
  }
  [[nodiscard]] bool can_be_granted(const Acquisition& one) const {
    return is_claimed(one) &&
           std::ranges::all_of(one.left, [&](auto& name) { return fits(name, one.mode, &one); });
  }
  [[nodiscard]] bool has_dead(std::string_view name) const {
    return std::ranges::any_of(acquisitions,
                               [&](auto& one) { return is_dead(one) && one.has(name); });
  }
  // Who waits though it need not, where nothing of the dead is left to be swept.
  [[nodiscard]] const Acquisition* overlooked() const {
    for (const Acquisition& one : acquisitions) {
      auto is_swept = [&](auto& name) { return !has_dead(name); };
      if (can_be_granted(one) && std::ranges::all_of(one.left, is_swept)) return &one;
    }
    return nullptr;
  }
};

}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
//
// Deadlock as the contract words it: whoever can proceed is taken away, again and again.
#pragma once

#include <set>
#include <string>
#include <tuple>

#include "naive_state.hpp"

namespace pawl::locks {

struct NaiveDeadlock {
  using Step = std::tuple<SessionId, std::string, SessionId>;  // the first waits there for the last

  explicit NaiveDeadlock(const NaiveState& from) : state(from) {
    for (auto& one : state.acquisitions) {
      if (waits(one) && state.sessions.at(one.session).deadlock) stuck.insert(one.session);
    }
    while (std::erase_if(stuck, [&](SessionId id) { return can_proceed(id); }) > 0) continue;
  }

  [[nodiscard]] bool waits(const NaiveState::Acquisition& one) const {
    return one.session.value != 0 && state.is_claimed(one);
  }
  [[nodiscard]] bool can_proceed(SessionId id) const {
    return std::ranges::all_of(state.acquisitions, [&](auto& wait) {
      return wait.session != id || !waits(wait) || std::ranges::all_of(wait.left, [&](auto& name) {
               return blockers(wait, name).empty();
             });
    });
  }
  // Those stuck who keep it from this name.
  [[nodiscard]] std::set<SessionId> blockers(const NaiveState::Acquisition& wait,
                                             std::string_view name) const {
    std::set<SessionId> blocking, with_slots;
    std::uint32_t taken = 0;
    bool ahead = true;
    for (auto& one : state.acquisitions) {
      if (&one == &wait) ahead = false;
      if (!stuck.contains(one.session) || !one.has(name)) continue;
      if (!one.holds() && !(ahead && waits(one))) continue;
      if (NaiveState::conflict(one.mode, wait.mode)) {
        blocking.insert(one.session);
      } else if (wait.mode == Mode::slot) {
        with_slots.insert(one.session);
        ++taken;
      }
    }
    if (taken != 0 && taken >= state.slots_of(name)) blocking.merge(with_slots);
    return blocking;
  }
  [[nodiscard]] std::set<Step> steps() const {
    std::set<Step> all;
    for (auto& wait : state.acquisitions) {
      if (!stuck.contains(wait.session) || !waits(wait)) continue;
      for (auto& name : wait.left) {
        for (SessionId other : blockers(wait, name)) all.insert({wait.session, name, other});
      }
    }
    return all;
  }

  const NaiveState& state;
  std::set<SessionId> stuck;
};

// Does this text lead by such steps from the asker back to it? A long one is cut: "s9 … jobs/z →
// s17". Empty if so.
inline std::string judge_cycle(std::string_view text, SessionId asker,
                               const std::set<NaiveDeadlock::Step>& steps) {
  constexpr std::string_view arrow = " → ";
  constexpr std::string_view cut = " … ";
  auto handle = [](SessionId id) { return "s" + std::to_string(id.value); };
  auto is_step = [&](std::string_view one, std::string_view name, std::string_view other) {
    return std::ranges::any_of(steps, [&](auto& step) {
      const auto& [from, at, to] = step;
      bool starts_so = one.empty() || handle(from) == one;
      return starts_so && at == name && handle(to) == other;
    });
  };
  std::size_t walked = 0;
  std::string_view rest = text;
  std::string_view here = rest.substr(0, rest.find(' '));
  if (here != handle(asker)) return "does not start with the asker: " + std::string{text};
  while (rest != here) {
    rest.remove_prefix(here.size());
    bool is_cut = rest.starts_with(cut);
    rest.remove_prefix(is_cut ? cut.size() : 1);
    std::size_t end = rest.find(arrow);
    if (end == std::string_view::npos) return "has no end: " + std::string{text};
    std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end + arrow.size());
    std::string_view next = rest.substr(0, rest.find(' '));
    if (!is_step(is_cut ? std::string_view{} : here, name, next)) {
      return "no step " + std::string{here} + " " + std::string{name} + ": " + std::string{text};
    }
    here = next;
    ++walked;
  }
  if (walked == 0 || here != handle(asker)) return "does not end there: " + std::string{text};
  return {};
}

}  // namespace pawl::locks

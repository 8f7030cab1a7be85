// SPDX-License-Identifier: Apache-2.0
//
// Who is deadlocked in a table, read from outside and found as the contract words it, for graphs
// too large for the naive table: whoever can proceed is taken away, again and again.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "locks/lock_table.hpp"
#include "naive_deadlock.hpp"

namespace pawl::locks {

class PlainReduction {
 public:
  // The table as it is, and one more wait: the one that it refused.
  PlainReduction(const LockTable& table, SessionId asker, const std::vector<std::string>& names,
                 Mode mode)
      : table_(table) {
    for (Slot at = 0; at < table.locks_end(); ++at) {
      if (table.lock(at).name_size != 0) read(at);
    }
    for (const std::string& name : names) {
      Slot at = table.find_lock(name);
      if (at == no_slot) continue;  // nobody is in the way there
      places_[at].push_back({asker, mode, true});
      waits_[asker].push_back({at, places_[at].size() - 1});
    }
    for (const auto& [session, waits] : waits_) stuck_.insert(session);
    while (std::erase_if(stuck_, [&](SessionId id) { return can_proceed(id); }) > 0) continue;
  }

  [[nodiscard]] const std::set<SessionId>& stuck() const { return stuck_; }
  [[nodiscard]] std::set<NaiveDeadlock::Step> steps() const {
    std::set<NaiveDeadlock::Step> all;
    for (SessionId session : stuck_) {
      for (const Wait& wait : waits_.at(session)) {
        for (SessionId other : blockers(wait)) {
          all.insert({session, std::string{table_.name_of(wait.lock)}, other});
        }
      }
    }
    return all;
  }

 private:
  struct Place {
    SessionId session;
    Mode mode;
    bool waits;
  };
  struct Wait {
    Slot lock;
    std::size_t place;
  };

  void read(Slot at) {
    for (Slot first : {table_.lock(at).holders, table_.lock(at).queue_head}) {
      for (Slot slot = first; slot != no_slot; slot = table_.acquisition(slot).next) {
        const Acquisition& one = table_.acquisition(slot);
        bool holds = one.stage == Stage::holding;
        if (one.session == no_slot || !(holds || one.stage == Stage::waiting)) continue;
        const Session& session = table_.session(one.session);
        if (!session.deadlock || session.dead) continue;
        places_[at].push_back({session.id, one.mode, !holds});
        if (!holds) waits_[session.id].push_back({at, places_[at].size() - 1});
      }
    }
  }

  [[nodiscard]] bool can_proceed(SessionId session) const {
    return std::ranges::all_of(waits_.at(session),
                               [&](const Wait& wait) { return blockers(wait).empty(); });
  }

  [[nodiscard]] std::set<SessionId> blockers(const Wait& wait) const {
    const std::vector<Place>& places = places_.at(wait.lock);
    Mode mode = places[wait.place].mode;
    std::set<SessionId> blocking, with_slots;
    std::size_t taken = 0;
    for (std::size_t at = 0; at < wait.place; ++at) {
      if (!stuck_.contains(places[at].session)) continue;
      if (NaiveState::conflict(places[at].mode, mode)) {
        blocking.insert(places[at].session);
      } else if (mode == Mode::slot) {
        with_slots.insert(places[at].session);
        ++taken;
      }
    }
    if (taken != 0 && taken >= table_.lock(wait.lock).slots) blocking.merge(with_slots);
    return blocking;
  }

  const LockTable& table_;
  std::map<Slot, std::vector<Place>> places_;  // who holds, then who waits, in order
  std::map<SessionId, std::vector<Wait>> waits_;
  std::set<SessionId> stuck_;
};

}  // namespace pawl::locks

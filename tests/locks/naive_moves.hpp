// SPDX-License-Identifier: Apache-2.0
//
// The lock table as one would write it without a thought for speed: its state and the moves that
// records are made of. Acquisitions are known by their `stamp_ms`, which the driver makes unique.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "locks/effects.hpp"

namespace pawl::locks {

using Stamp = std::int64_t;

// A change as seen from outside, without slots: what happened to which acquisition or session.
struct Told {
  std::string_view what;
  Stamp who = 0;
  std::uint64_t number = 0;  // token, count of holds, or 1 if there is more to sweep
  int end = 0;               // HoldEnd, WaitEnd or SessionEnd
  auto operator<=>(const Told&) const = default;
};

struct ToldAnswer {
  Verdict verdict = Verdict::none;
  Stamp who = 0;             // an acquisition
  std::uint64_t number = 0;  // its token or claim number, else a session or the released locks
  bool operator==(const ToldAnswer&) const = default;
};

class NaiveMoves {
 public:
  struct Acquisition {
    std::string name, user, id;
    std::uint64_t session, number;
    Mode mode;
    std::uint32_t ttl_ms;
    Stage stage;
  };
  struct Lock {
    Stamp holder = 0;
    std::vector<Stamp> queue;
  };
  struct Session {
    std::string secret;
    bool dead = false;
    SessionEnd end{};
    std::vector<Stamp> waits, holds;  // in the order of their numbers
  };
  using SpentId = std::tuple<std::uint64_t, std::string, std::string, std::string>;

  std::map<Stamp, Acquisition> acquisitions;
  std::map<std::string, Lock, std::less<>> locks;
  std::map<std::uint64_t, Session> sessions;  // dead ones until they are swept
  std::deque<SpentId> spent;                  // oldest first
  std::set<SpentId> is_spent;
  std::uint64_t last_token = 0, last_claim = 0, last_session = 0;
  std::vector<Told> changes;

  [[nodiscard]] bool is_dead(Stamp at) const {
    std::uint64_t session = acquisitions.at(at).session;
    return session != 0 && sessions.at(session).dead;
  }
  [[nodiscard]] bool lives(std::uint64_t session) const {
    auto at = sessions.find(session);
    return at != sessions.end() && !at->second.dead;
  }
  [[nodiscard]] bool holds(Stamp at) const { return acquisitions.at(at).stage == Stage::holding; }

 protected:
  // What an id means is its session's business or, leased, that of (user, name).
  template <class R>
  SpentId spent_id(const R& r, std::string_view name) const {
    bool leased = r.session.value == 0;
    return {r.session.value, std::string{leased ? r.user : ""}, std::string{leased ? name : ""},
            std::string{r.id}};
  }
  template <class R>
  Stamp find_id(const R& r, std::string_view name) const {
    for (const auto& [at, one] : acquisitions) {
      if (r.id.empty() || one.id != r.id || one.session != r.session.value) continue;
      if (one.session != 0 || (one.user == r.user && one.name == name)) return at;
    }
    return 0;
  }
  // What a token names, seen once the name is swept.
  Stamp holder(std::string_view name, Token token) {
    grant_next(name);
    auto lock = locks.find(name);
    if (lock == locks.end() || lock->second.holder == 0) return 0;
    Stamp at = lock->second.holder;
    return acquisitions.at(at).number == token.value ? at : 0;
  }
  Stamp wait(Epoch decided_in, ClaimNumber number) {
    auto is_it = [&](auto& one) { return !holds(one.first) && one.second.number == number.value; };
    auto at = std::ranges::find_if(acquisitions, is_it);
    if (at == acquisitions.end() || decided_in != epoch_) return 0;
    grant_next(std::string{at->second.name});
    at = std::ranges::find_if(acquisitions, is_it);
    return at == acquisitions.end() ? 0 : at->first;
  }
  void grant(Stamp at, std::string_view what) {
    Acquisition& one = acquisitions.at(at);
    std::erase(locks[one.name].queue, at);
    locks[one.name].holder = at;
    one.stage = Stage::holding;
    one.number = ++last_token;
    leave_session(at);
    if (one.session != 0) sessions.at(one.session).holds.push_back(at);
    changes.push_back({what, at, one.number});
  }
  // Dead sessions' part first; then the first claimed waiter, if nobody holds.
  void grant_next(std::string_view name) {
    auto lock = locks.find(name);
    if (lock == locks.end()) return;
    auto& [holder, queue] = lock->second;
    std::vector<Stamp> all = queue;
    if (holder != 0) all.insert(all.begin(), holder);
    for (Stamp at : all) {
      if (is_dead(at)) remove_dead(at);
    }
    auto claimed = [&](Stamp at) { return acquisitions.at(at).stage == Stage::waiting; };
    auto next = std::ranges::find_if(queue, claimed);
    if (holder == 0 && next != queue.end()) grant(*next, "granted from the queue");
    if (holder == 0 && queue.empty()) locks.erase(lock);
  }
  void claim(Stamp at) {
    Acquisition& one = acquisitions.at(at);
    one.stage = Stage::waiting;
    one.number = ++last_claim;
    leave_session(at);
    if (one.session != 0) sessions.at(one.session).waits.push_back(at);
    changes.push_back({"claimed", at});
  }
  void leave_session(Stamp at) {
    if (acquisitions.at(at).session == 0) return;
    Session& session = sessions.at(acquisitions.at(at).session);
    std::erase(session.waits, at);
    std::erase(session.holds, at);
  }
  void unclaim(Stamp at) {
    acquisitions.at(at).stage = Stage::unclaimed;
    changes.push_back({"unclaimed", at});
  }
  template <class End>
  void end(Stamp at, End why) {
    std::string name = acquisitions.at(at).name;
    remove(at, why);
    grant_next(name);
  }
  template <class End>
  void remove(Stamp at, End why) {
    const Acquisition& one = acquisitions.at(at);
    bool held = std::is_same_v<End, HoldEnd>;
    changes.push_back(
        {held ? "released" : "wait ended", at, held ? one.number : 0, static_cast<int>(why)});
    if (held) locks.at(one.name).holder = 0;
    std::erase(locks.at(one.name).queue, at);
    leave_session(at);
    acquisitions.erase(at);
  }
  void remove_dead(Stamp at) {
    SessionEnd why = sessions.at(acquisitions.at(at).session).end;
    if (!holds(at)) {
      remove(at, why == SessionEnd::closed ? WaitEnd::cancelled : WaitEnd::session);
    } else if (why == SessionEnd::closed) {
      remove(at, HoldEnd::closed);
    } else {
      remove(at, why == SessionEnd::expired ? HoldEnd::lapsed : HoldEnd::disconnected);
    }
  }
  void end_session(std::uint64_t id, SessionEnd why) {
    changes.push_back({"session ended", static_cast<Stamp>(id), sessions.at(id).holds.size(),
                       static_cast<int>(why)});
    sessions.at(id).dead = true;
    sessions.at(id).end = why;
    sweep(id);
  }
  // Waits first, then holds, a thousand at a time.
  void sweep(std::uint64_t id) {
    auto& [secret, dead, why, waits, held] = sessions.at(id);
    for (int slice = 0; slice < 1'000 && !(waits.empty() && held.empty()); ++slice) {
      Stamp at = waits.empty() ? held.front() : waits.front();
      std::string name = acquisitions.at(at).name;
      remove_dead(at);
      grant_next(name);
    }
    bool more = !waits.empty() || !held.empty();
    changes.push_back({"swept", static_cast<Stamp>(id), more});
    if (!more) sessions.erase(id);
  }

  Epoch epoch_;
};

}  // namespace pawl::locks

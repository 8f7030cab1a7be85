// SPDX-License-Identifier: Apache-2.0
//
// The lock table as one would write it without a thought for speed: the model that the real one is
// held against. Acquisitions are known by their `stamp_ms`, which the driver makes unique.
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

class NaiveTable {
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

  ToldAnswer apply(Epoch epoch, const Record& record) {
    epoch_ = epoch;
    changes.clear();
    return std::visit([this](const auto& one) { return on(one); }, record);
  }
  [[nodiscard]] bool is_dead(Stamp at) const {
    std::uint64_t session = acquisitions.at(at).session;
    return session != 0 && sessions.at(session).dead;
  }
  [[nodiscard]] bool lives(std::uint64_t session) const {
    auto at = sessions.find(session);
    return at != sessions.end() && !at->second.dead;
  }
  [[nodiscard]] bool holds(Stamp at) const { return acquisitions.at(at).stage == Stage::holding; }

 private:
  ToldAnswer on(const record::EpochStart& r) {
    last_token = std::max(last_token, r.token_floor.value);
    for (auto next = acquisitions.begin(); next != acquisitions.end();) {
      const auto& [at, one] = *next++;
      if (holds(at)) continue;
      one.id.empty() ? remove(at, WaitEnd::epoch) : unclaim(at);
    }
    std::erase_if(locks, [](auto& one) { return !one.second.holder && one.second.queue.empty(); });
    return {};
  }
  ToldAnswer on(const record::OpenSession& r) {
    for (const auto& [id, session] : sessions) {
      if (!session.dead && session.secret == r.secret) return {Verdict::attached, 0, id};
    }
    sessions[++last_session].secret = r.secret;
    changes.push_back({"opened", static_cast<Stamp>(last_session)});
    return {Verdict::opened, 0, last_session};
  }
  ToldAnswer on(const record::CloseSession& r) {
    if (!lives(r.session.value)) return {Verdict::session_expired};
    std::uint64_t released = sessions.at(r.session.value).holds.size();
    end_session(r.session.value, SessionEnd::closed);
    return {Verdict::closed, 0, released};
  }
  ToldAnswer on(const record::ExpireSession& r) {
    if (r.decided_in == epoch_ && lives(r.session.value)) end_session(r.session.value, r.reason);
    return {};
  }
  ToldAnswer on(const record::Sweep& r) {
    if (sessions.contains(r.session.value) && !lives(r.session.value)) sweep(r.session.value);
    return {};
  }
  ToldAnswer on(const record::Lock& r) {
    std::uint64_t session = r.session.value;
    if (session != 0 && !lives(session)) return {Verdict::session_expired};
    std::string name{r.names.front()};
    grant_next(name);
    if (!r.id.empty() && is_spent.contains(spent_id(r, name))) return {Verdict::spent};
    if (Stamp at = find_id(r, name); at != 0) return lock_again(r, at);
    bool is_free = !locks.contains(name) || locks[name].holder == 0;
    if (!is_free && !r.wait) return {Verdict::busy};
    Stamp at = r.stamp_ms;
    acquisitions[at] = {name,     std::string{r.user}, std::string{r.id}, session, 0, r.mode,
                        r.ttl_ms, Stage::waiting};
    locks[name].queue.push_back(at);
    is_free ? grant(at, "granted") : claim(at);
    return {is_free ? Verdict::granted : Verdict::queued, at, acquisitions.at(at).number};
  }
  ToldAnswer lock_again(const record::Lock& r, Stamp at) {
    Acquisition& one = acquisitions.at(at);
    if (one.name != r.names.front() || one.mode != r.mode) return {Verdict::mismatch};
    if (!holds(at) && !r.wait) return {Verdict::busy};
    if (r.ttl_given) one.ttl_ms = r.ttl_ms;
    holds(at) ? changes.push_back({"renewed", at}) : claim(at);
    grant_next(one.name);
    return {holds(at) ? Verdict::granted : Verdict::queued, at, one.number};
  }
  ToldAnswer on(const record::Unlock& r) {
    Stamp at = holder(r.names.front(), r.token);
    if (at == 0) return {Verdict::not_held};
    std::uint64_t session = acquisitions.at(at).session;
    if (session != 0 && session != r.session.value) return {Verdict::no_session};
    end(at, HoldEnd::unlocked);
    return {Verdict::done};
  }
  ToldAnswer on(const record::RenewTtl& r) {
    Stamp at = holder(r.hold.name, r.hold.token);
    if (at == 0 || acquisitions.at(at).session != 0) return {Verdict::not_held};
    acquisitions.at(at).ttl_ms = r.ttl_ms;
    changes.push_back({"renewed", at});
    return {Verdict::done, at, r.hold.token.value};
  }
  ToldAnswer on(const record::ExpireLeases& r) {
    for (const HoldName& hold : r.holds) {
      if (r.decided_in != epoch_) break;
      Stamp at = holder(hold.name, hold.token);
      if (at != 0 && acquisitions.at(at).session == 0) end(at, HoldEnd::expired);
    }
    return {};
  }
  ToldAnswer on(const record::EndWaits& r) {
    for (ClaimNumber number : r.waits) {
      if (Stamp at = wait(r.decided_in, number); at != 0) end(at, r.reason);
    }
    return {};
  }
  ToldAnswer on(const record::Unclaim& r) {
    for (ClaimNumber number : r.waits) {
      Stamp at = wait(r.decided_in, number);
      if (at != 0 && acquisitions.at(at).stage == Stage::waiting) unclaim(at);
    }
    return {};
  }
  ToldAnswer on(const record::Cancel& r) {
    if (r.session.value != 0 && !lives(r.session.value)) return {Verdict::session_expired};
    grant_next(r.name);
    if (Stamp at = find_id(r, r.name); at != 0) {
      if (acquisitions.at(at).name != r.name) return {Verdict::mismatch};
      if (holds(at)) return {Verdict::yours, at, acquisitions.at(at).number};
      end(at, WaitEnd::cancelled);
    }
    SpentId id = spent_id(r, r.name);
    if (!is_spent.insert(id).second) std::erase(spent, id);
    spent.push_back(id);
    if (spent.size() > 65'536) {
      is_spent.erase(spent.front());
      spent.pop_front();
    }
    return {Verdict::cancelled};
  }
  ToldAnswer on(const record::Break& r) {
    Stamp at = holder(r.hold.name, r.hold.token);
    if (at == 0) return {Verdict::not_held};
    end(at, HoldEnd::broken);
    return {Verdict::done};
  }

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

// SPDX-License-Identifier: Apache-2.0
//
// The moves that records are made of, each telling what it does.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "naive_deadlock.hpp"
#include "naive_state.hpp"
#include "told.hpp"

namespace pawl::locks {

struct NaiveMoves : NaiveState {
  std::vector<Told> told;                  // by the last record, its answer first
  std::set<NaiveDeadlock::Step> deadlock;  // that it ran into: who waits where for whom
  std::vector<std::string> left;           // names where something ended, to be granted at the end
  bool were_lowered = false;               // slots, since all waits were last unclaimed
  bool settles = true;  // while a session is first swept: are there other dead ones to look for?

  void say(Verdict verdict, std::uint64_t who = 0, std::uint64_t number = 0,
           std::string_view name = {}) {
    told.insert(told.begin(),
                {"answered", who, number, static_cast<int>(verdict), std::string{name}});
  }
  void say(Verdict verdict, const Acquisition& one) { say(verdict, one.stamp, one.number); }
  void tell(std::string_view what, const Acquisition& one, int why = 0) {
    told.push_back({what, one.stamp, one.holds() ? one.number : 0, why, {}, one.several()});
  }
  Acquisition* find(auto fits) {
    auto at = std::ranges::find_if(acquisitions, fits);
    return at == acquisitions.end() ? nullptr : &*at;
  }
  Acquisition* find_holder(std::string_view name, Token token) {
    return find([&](auto& one) {
      return one.holds() && one.number == token.value && one.has(name) && !is_dead(one);
    });
  }
  Acquisition* find_id(SessionId session, std::string_view user, std::string_view name,
                       std::string_view id) {
    return find([&](auto& one) {
      if (one.id != id || one.session != session) return false;
      return session.value != 0 || (one.user == user && one.has(name));
    });
  }
  static Id scoped(const auto& r, std::string_view name) {
    return r.session.value ? Id{r.session, "", "", r.id} : Id{r.session, r.user, name, r.id};
  }
  bool is_spent(const Id& id) const {
    return spent.contains(id) && cancels - spent.at(id) < 65'536;
  }
  bool is_over(SessionId session) const { return session.value && !sessions.contains(session); }
  // A hold is seen once its name is swept.
  Acquisition* holder_after_sweep(const HoldName& hold) {
    grant_next(hold.name);
    return find_holder(hold.name, hold.token);
  }
  Acquisition* find_wait(ClaimNumber claim) {
    return find([&](auto& one) { return !one.holds() && one.number == claim.value; });
  }
  // A decision about many sees all their names so before it ends anything.
  void touch_all(std::span<const HoldName> holds) {
    for (const HoldName& hold : holds) left.emplace_back(hold.name);
    grant_on_what_was_left();
  }
  void touch_all(std::span<const ClaimNumber> waits) {
    for (ClaimNumber claim : waits)
      if (Acquisition* one = find_wait(claim)) grant_later(one->left);
    grant_on_what_was_left();
  }

  void forget_if_free(std::string_view name) {
    bool delayed = std::ranges::any_of(delays, [&](auto& one) { return one.name == name; });
    if (!delayed && !find([&](auto& one) { return one.has(name); })) slots.erase(std::string{name});
  }
  // One name of a hold.
  void release(Acquisition& one, std::string name, HoldEnd why) {
    told.push_back({"released", one.stamp, one.number, static_cast<int>(why), name, one.several()});
    std::erase(one.left, name);
    if (one.delay_ms != 0 && why != HoldEnd::unlocked && why != HoldEnd::closed) {
      delays.push_back({name, one.mode, one.number, last_token, one.delay_ms});
      told.push_back({"delayed", one.delay_ms, one.number, static_cast<int>(one.mode), name});
    }
    if (one.left.empty()) acquisitions.remove_if([&](auto& other) { return &other == &one; });
  }
  void release_all(Acquisition& one, HoldEnd why) {
    std::vector<std::string> names = one.left;
    for (auto& name : names) release(one, name, why);
    grant_later(names);
  }
  // All its names; who comes next on each is the caller's to see to.
  std::vector<std::string> end_wait(Acquisition& one, WaitEnd why) {
    tell("wait ended", one, static_cast<int>(why));
    std::vector<std::string> names = one.left;
    acquisitions.remove_if([&](auto& other) { return &other == &one; });
    for (auto& name : names) forget_if_free(name);
    return names;
  }
  // A dead session's: one name of a hold, or a wait. Where it stood.
  std::vector<std::string> end_dead(Acquisition& one, std::string name) {
    bool closed = dead.at(one.session) == SessionEnd::closed;
    bool expired = dead.at(one.session) == SessionEnd::expired;
    if (!one.holds()) return end_wait(one, closed ? WaitEnd::cancelled : WaitEnd::session);
    release(one, name,
            closed    ? HoldEnd::closed
            : expired ? HoldEnd::lapsed
                      : HoldEnd::disconnected);
    return {name};
  }
  void settle(std::string_view name) {  // its dead: holders by their tokens, then waiters in line
    auto is_its = [&](auto& one) { return is_dead(one) && one.has(name); };
    auto rank = [&](auto& one) {
      return std::tuple{!is_its(one), !one.holds(), one.holds() ? one.number : 0};
    };
    while (find(is_its)) {
      auto names = end_dead(*std::ranges::min_element(acquisitions, {}, rank), std::string{name});
      std::erase(names, name);
      grant_later(names);
    }
  }
  void grant_next(std::string_view name) {  // whoever fits, in order, once the dead are gone
    if (settles && !dead.empty()) settle(name);
    for (Acquisition& one : acquisitions) {
      if (!is_claimed(one) || !one.has(name)) continue;
      if (!fits(name, one.mode, &one)) break;  // nor does anybody behind it
      if (can_be_granted(one)) grant(one, "granted from the queue");
    }
    forget_if_free(name);
  }
  void grant_on(const std::vector<std::string>& names) {
    for (auto& name : names) grant_next(name);
  }
  void grant_later(const std::vector<std::string>& names) {
    left.insert(left.end(), names.begin(), names.end());
  }
  void grant_on_what_was_left() {
    for (; !left.empty(); left.erase(left.begin())) grant_next(std::string{left.front()});
  }
  void grant(Acquisition& one, std::string_view what) {
    one.number = ++last_token;
    one.stage = Stage::holding;
    tell(what, one);
  }
  void claim(Acquisition& one) {
    one.number = ++last_claim;
    one.stage = Stage::waiting;
    tell("claimed", one);
  }

  void sweep(SessionId session) {  // a thousand names at a time: waits, then holds, by number
    if (!dead.contains(session)) return;
    auto is_its = [&](auto& one) { return one.session == session; };
    auto rank = [&](auto& one) { return std::tuple{!is_its(one), one.holds(), one.number}; };
    for (auto room = std::int64_t{sweep_locks}; room > 0 && find(is_its);) {
      Acquisition& one = *std::ranges::min_element(acquisitions, {}, rank);
      auto names = end_dead(one, one.left.front());
      grant_later(names);
      room -= std::ssize(names);
    }
    grant_on_what_was_left();
    told.push_back({"swept", session.value, find(is_its) != nullptr});
    if (!find(is_its)) dead.erase(session);
  }
  std::uint64_t end_session(SessionId session, SessionEnd why) {
    if (sessions.erase(session) == 0) return 0;
    std::uint64_t holds = 0;
    for (auto& one : acquisitions)
      if (one.session == session && one.holds()) holds += one.left.size();
    told.push_back({"session ended", session.value, holds, static_cast<int>(why)});
    settles = !dead.empty();
    dead[session] = why;
    sweep(session);
    settles = true;
    return holds;
  }

  void wait_unless_deadlocked(Acquisition& one) {
    if (!is_deadlocked(one.session)) return say(Verdict::queued, one);
    end_deadlocked(one);
  }
  void end_deadlocked(Acquisition& one) {
    grant_on(end_wait(one, WaitEnd::deadlock));
    say(Verdict::deadlock);
  }
  bool is_deadlocked(SessionId session) {
    if (session.value == 0 || !sessions.at(session).deadlock) return false;
    NaiveDeadlock judged{*this};
    if (!judged.stuck.contains(session)) return false;
    // Fewer slots may have made a deadlock before; only who could close one looks for it.
    if (were_lowered && !may_block_somebody(session)) return false;
    deadlock = judged.steps();
    return true;
  }
  bool may_block_somebody(SessionId session) {
    std::size_t names = 0;
    bool blocks = false;
    for (auto& one : acquisitions) {
      if (one.session != session) continue;
      names += one.left.size();
      bool ahead = false;
      for (auto& other : acquisitions) {
        auto is_awaited = [&](auto& name) { return !other.holds() && other.has(name); };
        blocks |= (one.holds() || ahead) && std::ranges::any_of(one.left, is_awaited);
        ahead |= &other == &one;
      }
    }
    return blocks || names >= 256;
  }
};

}  // namespace pawl::locks

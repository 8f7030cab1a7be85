// SPDX-License-Identifier: Apache-2.0
//
// What each record does, as plainly as can be: lists in the order of arrival, always searched.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "naive_deadlock.hpp"
#include "naive_state.hpp"
#include "told.hpp"

namespace pawl::locks {

struct NaiveTable : NaiveState {
  std::vector<Told> told;                  // by the last record, its answer first
  std::set<NaiveDeadlock::Step> deadlock;  // that it ran into: who waits where for whom
  std::vector<std::string> bereft;         // names whose dead wait ended with another of its names
  bool were_lowered = false;               // slots, since all waits were last unclaimed
  bool settles = true;  // while a session is first swept: are there other dead ones to look for?

  void apply(Epoch epoch, const Record& record) {
    told.clear();
    auto is_void = [&](const auto& r) {
      if constexpr (requires { r.decided_in; }) return r.decided_in != epoch;
      return false;
    };
    std::visit([&](const auto& r) { is_void(r) ? void() : on(r); }, record);
    for (; !bereft.empty(); bereft.erase(bereft.begin())) grant_next(std::string{bereft.front()});
  }

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
  bool is_spent(const Id& id) { return spent.contains(id) && cancels - spent[id] < 65'536; }
  bool is_over(SessionId session) { return session.value && !sessions.contains(session); }
  // A hold is seen once its name is swept; a wait, once all its names are.
  Acquisition* holder_after_sweep(const HoldName& hold) {
    grant_next(hold.name);
    return find_holder(hold.name, hold.token);
  }
  Acquisition* wait_after_sweep(ClaimNumber claim) {
    auto is_it = [&](auto& one) { return !one.holds() && one.number == claim.value; };
    if (Acquisition* one = find(is_it)) grant_on(std::vector{one->left});
    return find(is_it);
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
    grant_on(names);
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
      bereft.insert(bereft.end(), names.begin(), names.end());
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
    for (auto left = std::int64_t{sweep_locks}; left > 0 && find(is_its);) {
      Acquisition& one = *std::ranges::min_element(acquisitions, {}, rank);
      auto names = end_dead(one, one.left.front());
      grant_on(names);
      left -= std::ssize(names);
    }
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

  void on(const record::StateHash&) {}
  void on(const record::EpochStart& r) {
    last_token = std::max(last_token, r.token_floor.value);
    auto is_lost = [](auto& one) { return !one.holds() && one.id.empty(); };
    while (Acquisition* one = find(is_lost)) end_wait(*one, WaitEnd::epoch);
    for (Acquisition& one : acquisitions) {
      if (one.holds()) continue;
      one.stage = Stage::unclaimed;
      tell("unclaimed", one);
    }
    were_lowered = false;
  }
  void on(const record::OpenSession& r) {
    for (const auto& [id, session] : sessions)
      if (session.secret == r.secret) return say(Verdict::attached, 0, id.value);
    sessions[SessionId{++last_session}] = {std::string{r.secret}, r.deadlock};
    told.push_back({"opened", last_session});
    say(Verdict::opened, 0, last_session);
  }
  void on(const record::CloseSession& r) {
    if (!sessions.contains(r.session)) return say(Verdict::session_expired);
    say(Verdict::closed, 0, end_session(r.session, SessionEnd::closed));
  }
  void on(const record::ExpireSession& r) { end_session(r.session, r.reason); }
  void on(const record::Sweep& r) { sweep(r.session); }

  void on(const record::Lock& r) {
    if (is_over(r.session)) return say(Verdict::session_expired);
    for (auto& name : r.names) grant_next(name);
    if (!r.id.empty()) {
      for (auto& name : r.names)
        if (is_spent(scoped(r, name))) return say(Verdict::spent);
      for (auto& name : r.names)
        if (auto* one = find_id(r.session, r.user, name, r.id)) return lock_again(r, *one);
    }
    lock_anew(r);
  }
  void lock_again(const record::Lock& r, Acquisition& one) {
    auto of_it = std::ranges::count_if(r.names, [&](auto& name) { return one.has(name); });
    bool is_like_it = one.mode == r.mode && one.slots == r.slots &&
                      one.names.size() == r.names.size() && of_it == std::ssize(one.left);
    if (!is_like_it) return say(Verdict::mismatch);
    if (of_it != std::ssize(r.names)) return say(Verdict::not_held);
    if (!one.holds() && !r.wait) return say(Verdict::busy, 0, 0, one.names.front());
    if (r.ttl_given) one.ttl_ms = r.ttl_ms;
    if (one.holds()) {
      tell("renewed", one);
      return say(Verdict::granted, one);
    }
    claim(one);
    grant_on(one.names);
    wait_unless_deadlocked(one);
  }
  void lock_anew(const record::Lock& r) {
    std::string_view taken;
    for (auto& name : r.names) {
      Slots known = slots.contains(std::string{name}) ? slots[std::string{name}] : Slots{};
      bool counts = r.mode == Mode::slot && known.number != 0 && !known.by_operator;
      if (counts && known.number != r.slots) return say(Verdict::other_slots);
      if (taken.empty() && !fits(name, r.mode, nullptr)) taken = name;
    }
    if (!taken.empty() && !r.wait) return say(Verdict::busy, 0, 0, taken);
    for (auto& name : r.names) {
      Slots& known = slots[std::string{name}];
      if (r.mode == Mode::slot && !known.by_operator) known.number = r.slots;
    }
    Acquisition& one = acquisitions.emplace_back(Acquisition{std::uint64_t(r.stamp_ms),
                                                             r.session,
                                                             std::string{r.user},
                                                             std::string{r.id},
                                                             {r.names.begin(), r.names.end()},
                                                             r.mode,
                                                             r.slots,
                                                             r.ttl_ms,
                                                             r.delay_ms,
                                                             r.max_hold_ms,
                                                             std::string{r.note}});
    if (!taken.empty()) {
      claim(one);
      return wait_unless_deadlocked(one);
    }
    grant(one, "granted");
    say(Verdict::granted, one);
  }
  void wait_unless_deadlocked(Acquisition& one) {
    if (one.holds()) return say(Verdict::granted, one);
    if (!is_deadlocked(one.session)) return say(Verdict::queued, one);
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

  void on(const record::Unlock& r) {
    for (auto& name : r.names) grant_next(name);
    for (auto& name : r.names) {
      Acquisition* one = find_holder(name, r.token);
      if (!one) return say(Verdict::not_held);
      if (one->session.value && one->session != r.session) return say(Verdict::no_session);
    }
    for (auto& name : r.names)
      release(*find_holder(name, r.token), std::string{name}, HoldEnd::unlocked);
    for (auto& name : r.names) grant_next(name);
    say(Verdict::done);
  }
  void on(const record::RenewTtl& r) {
    Acquisition* one = holder_after_sweep(r.hold);
    if (!one || one->session.value) return say(Verdict::not_held);
    if (r.ttl_ms != 0) one->ttl_ms = r.ttl_ms;
    tell("renewed", *one);
    say(Verdict::done, *one);
  }
  void on(const record::ExpireLeases& r) {
    for (const HoldName& hold : r.holds)
      if (auto* one = holder_after_sweep(hold); one && !one->session.value)
        release_all(*one, HoldEnd::expired);
  }
  void on(const record::TakeBack& r) {
    for (const HoldName& hold : r.holds)
      if (auto* one = holder_after_sweep(hold)) release_all(*one, HoldEnd::max_hold);
  }
  void on(const record::EndDelays& r) {
    for (const HoldName& hold : r.holds) {
      auto is_it = [&](auto& one) {
        return one.name == hold.name && one.token == hold.token.value;
      };
      auto at = std::ranges::find_if(delays, is_it);
      if (at == delays.end()) continue;
      told.push_back({"delay ended", at->ms, at->token, static_cast<int>(at->mode), at->name});
      delays.erase(at);
      grant_next(hold.name);
    }
  }
  void on(const record::EndWaits& r) {
    for (ClaimNumber claim : r.waits)
      if (Acquisition* one = wait_after_sweep(claim)) grant_on(end_wait(*one, r.reason));
  }
  void on(const record::Unclaim& r) {
    for (ClaimNumber claim : r.waits)
      if (Acquisition* one = wait_after_sweep(claim); one && one->stage == Stage::waiting) {
        one->stage = Stage::unclaimed;
        tell("unclaimed", *one);
        grant_on(one->names);
      }
  }
  void on(const record::Cancel& r) {
    if (is_over(r.session)) return say(Verdict::session_expired);
    grant_next(r.name);
    Acquisition* one = find_id(r.session, r.user, r.name, r.id);
    if (one && !one->has(r.name)) return say(Verdict::mismatch);
    if (one && one->holds()) return say(Verdict::yours, *one);
    if (one) grant_on(end_wait(*one, WaitEnd::cancelled));
    spent[scoped(r, r.name)] = ++cancels;
    say(Verdict::cancelled);
  }
  void on(const record::SetSlots& r) {
    std::string name{r.name};
    grant_next(name);
    if (!slots.contains(name) || slots[name].number == 0) return say(Verdict::no_slots);
    were_lowered |= r.slots < slots[name].number;
    slots[name] = {r.slots, true};
    grant_next(name);
    say(Verdict::done);
  }
  void on(const record::Break& r) {
    Acquisition* one = holder_after_sweep(r.hold);
    say(one ? Verdict::done : Verdict::not_held);
    if (!one) return;
    release(*one, std::string{r.hold.name}, HoldEnd::broken);
    grant_next(r.hold.name);
  }
};

}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
//
// What each record does, as plainly as can be: lists in the order of arrival, always searched.
#pragma once

#include "naive_moves.hpp"

namespace pawl::locks {

struct NaiveTable : NaiveMoves {
  void apply(Epoch epoch, const Record& record) {
    told.clear();
    auto is_void = [&](const auto& r) {
      if constexpr (requires { r.decided_in; }) return r.decided_in != epoch;
      return false;
    };
    std::visit([&](const auto& r) { is_void(r) ? void() : on(r); }, record);
    grant_on_what_was_left();
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
        if (auto* one = find_id(r.session, r.user, name, r.id)) return lock_again(r, *one);
      for (auto& name : r.names)
        if (is_spent(scoped(r, name))) return say(Verdict::spent);
    }
    lock_anew(r);
  }
  void lock_again(const record::Lock& r, Acquisition& one) {
    auto of_it = std::ranges::count_if(r.names, [&](auto& name) { return one.has(name); });
    bool is_like_it = one.mode == r.mode && one.slots == r.slots &&
                      one.names.size() == r.names.size() && of_it == std::ssize(one.left);
    if (!is_like_it) return say(Verdict::mismatch);
    if (of_it != std::ssize(r.names)) return say(Verdict::not_held);
    if (!one.holds() && !r.wait) {
      auto does_not_fit = [&](auto& name) { return !fits(name, one.mode, &one); };
      auto taken = std::ranges::find_if(one.names, does_not_fit);
      return say(Verdict::busy, 0, 0, taken == one.names.end() ? one.names.front() : *taken);
    }
    if (r.ttl_given) one.ttl_ms = r.ttl_ms;
    if (one.holds()) {
      tell("renewed", one);
      return say(Verdict::granted, one);
    }
    claim(one);
    if (is_deadlocked(one.session)) return end_deadlocked(one);
    grant_on(one.names);
    say(one.holds() ? Verdict::granted : Verdict::queued, one);
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
    touch_all(r.holds);
    for (const HoldName& hold : r.holds)
      if (auto* one = find_holder(hold.name, hold.token); one && !one->session.value)
        release_all(*one, HoldEnd::expired);
  }
  void on(const record::TakeBack& r) {
    touch_all(r.holds);
    for (const HoldName& hold : r.holds)
      if (auto* one = find_holder(hold.name, hold.token)) release_all(*one, HoldEnd::max_hold);
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
      grant_later({std::string{hold.name}});
    }
  }
  void on(const record::EndWaits& r) {
    touch_all(r.waits);
    for (ClaimNumber claim : r.waits)
      if (Acquisition* one = find_wait(claim)) grant_later(end_wait(*one, r.reason));
  }
  void on(const record::Unclaim& r) {
    touch_all(r.waits);
    for (ClaimNumber claim : r.waits)
      if (Acquisition* one = find_wait(claim); one && one->stage == Stage::waiting) {
        one->stage = Stage::unclaimed;
        tell("unclaimed", *one);
        grant_later(one->names);
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

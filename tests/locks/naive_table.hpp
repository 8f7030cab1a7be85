// SPDX-License-Identifier: Apache-2.0
//
// What each record does, as plainly as can be: one list in the order of arrival, always searched.
#pragma once

#include <algorithm>
#include <list>
#include <map>
#include <string>
#include <tuple>

#include "locks/effects.hpp"
#include "told.hpp"

namespace pawl::locks {

struct NaiveTable {
  // An id is unique in its session or, leased, in user and name; its own text comes last.
  using Id = std::tuple<SessionId, std::string, std::string, std::string>;
  struct Acquisition {
    std::uint64_t stamp;
    SessionId session;  // 0: leased
    std::string name;
    Id id;
    Mode mode;
    std::uint32_t slots;
    std::uint32_t ttl_ms;
    Stage stage = Stage::free;
    std::uint64_t number = 0;  // claim number, then token
    [[nodiscard]] bool holds() const { return stage == Stage::holding; }
  };
  struct Slots {
    std::uint32_t number = 0;
    bool by_operator = false;
  };
  std::list<Acquisition> acquisitions;
  std::map<std::string, Slots> slots;        // of locks held or awaited
  std::map<SessionId, std::string> secrets;  // of those alive
  std::map<SessionId, SessionEnd> dead;      // and not yet swept
  std::map<Id, std::uint64_t> spent;         // by which cancellation, the latest
  std::uint64_t last_token = 0, last_claim = 0, last_session = 0, cancels = 0;
  std::vector<Told> told;  // by the last record, its answer first
  void apply(Epoch epoch, const Record& record) {
    told.clear();
    auto is_void = [&](const auto& r) {
      if constexpr (requires { r.decided_in; }) return r.decided_in != epoch;
      return false;
    };
    std::visit([&](const auto& r) { is_void(r) ? void() : on(r); }, record);
  }
  void say(Verdict verdict, std::uint64_t who = 0, std::uint64_t number = 0) {
    told.insert(told.begin(), {"answered", who, number, static_cast<int>(verdict)});
  }
  Acquisition* find(auto fits) {
    auto at = std::ranges::find_if(acquisitions, fits);
    return at == acquisitions.end() ? nullptr : &*at;
  }
  Acquisition* first(std::string_view name, Stage stage) {
    return find([&](auto& one) { return one.name == name && one.stage == stage; });
  }
  Acquisition* find_holder(const HoldName& hold) {  // seen once its name is swept, as is a wait
    grant_next(hold.name);
    return find([&](auto& one) {
      return one.name == hold.name && one.holds() && one.number == hold.token.value;
    });
  }
  Acquisition* find_wait(ClaimNumber claim) {
    auto is_it = [&](auto& one) { return !one.holds() && one.number == claim.value; };
    if (Acquisition* one = find(is_it)) grant_next(std::string{one->name});
    return find(is_it);
  }
  static Id id_of(const auto& r, std::string_view name) {
    return r.session.value ? Id{r.session, "", "", r.id} : Id{r.session, r.user, name, r.id};
  }
  bool is_spent(const Id& id) { return spent.contains(id) && cancels - spent[id] < 65'536; }
  bool is_over(SessionId session) { return session.value && !secrets.contains(session); }
  void become(Acquisition& one, Stage stage, std::string_view what) {
    if (stage == Stage::waiting) one.number = ++last_claim;
    if (stage == Stage::holding && !one.holds()) one.number = ++last_token;
    one.stage = stage;
    told.push_back({what, one.stamp, one.holds() ? one.number : 0});
  }
  void end(Acquisition& one, auto why, bool grants = true) {
    std::string_view what = one.holds() ? "released" : "wait ended";
    told.push_back({what, one.stamp, one.holds() ? one.number : 0, static_cast<int>(why)});
    std::string name = one.name;
    acquisitions.remove_if([&](auto& other) { return &other == &one; });
    if (!find([&](auto& other) { return other.name == name; })) slots.erase(name);
    if (grants) grant_next(name);
  }
  void end_dead(Acquisition& one) {
    bool closed = dead.at(one.session) == SessionEnd::closed;
    bool expired = dead.at(one.session) == SessionEnd::expired;
    if (!one.holds()) return end(one, closed ? WaitEnd::cancelled : WaitEnd::session);
    end(one, closed ? HoldEnd::closed : expired ? HoldEnd::lapsed : HoldEnd::disconnected);
  }
  bool settles =
      true;  // while a session is first swept, others' dead are looked for only if there are any
  bool fits(std::string_view name, Mode mode) {  // beside those who hold
    std::uint32_t holders = 0;
    for (auto& one : acquisitions) {
      if (one.name != name || !one.holds()) continue;
      if (one.mode != mode || mode == Mode::exclusive) return false;
      ++holders;
    }
    return mode != Mode::slot || holders == 0 || holders < slots[std::string{name}].number;
  }
  void grant_next(std::string_view name) {  // as many as fit, in order, once the dead are gone
    auto is_dead = [&](auto& one) { return one.name == name && dead.contains(one.session); };
    auto rank = [&](auto& one) {  // holders by their tokens, then waiters in line
      return std::tuple{!is_dead(one), !one.holds(), one.holds() ? one.number : 0};
    };
    if (settles && find(is_dead))  // which comes back here
      return end_dead(*std::ranges::min_element(acquisitions, {}, rank));
    Acquisition* next = find([&](auto& one) {
      return one.name == name && one.stage == Stage::waiting && !is_dead(one);
    });
    if (!next || !fits(name, next->mode)) return;
    become(*next, Stage::holding, "granted from the queue");
    grant_next(name);
  }
  void sweep(SessionId session) {  // a thousand at a time: waits, then holds, by their numbers
    if (!dead.contains(session)) return;
    auto is_its = [&](auto& one) { return one.session == session; };
    auto rank = [&](auto& one) { return std::tuple{!is_its(one), one.holds(), one.number}; };
    for (int left = 1'000; left > 0 && find(is_its); --left)
      end_dead(*std::ranges::min_element(acquisitions, {}, rank));
    told.push_back({"swept", session.value, find(is_its) != nullptr});
    if (!find(is_its)) dead.erase(session);
  }
  std::uint64_t end_session(SessionId session, SessionEnd why) {
    if (secrets.erase(session) == 0) return 0;
    std::uint64_t holds = 0;
    for (auto& one : acquisitions) holds += one.session == session && one.holds();
    told.push_back({"session ended", session.value, holds, static_cast<int>(why)});
    settles = !dead.empty();
    dead[session] = why;
    sweep(session);
    settles = true;
    return holds;
  }

  void on(const record::StateHash&) {}
  void on(const record::EndDelays&) {}
  void on(const record::TakeBack&) {}
  void on(const record::EpochStart& r) {
    last_token = std::max(last_token, r.token_floor.value);
    auto is_lost = [](auto& one) { return !one.holds() && std::get<3>(one.id).empty(); };
    while (Acquisition* one = find(is_lost)) end(*one, WaitEnd::epoch, false);
    for (Acquisition& one : acquisitions)
      if (!one.holds()) become(one, Stage::unclaimed, "unclaimed");
  }
  void on(const record::OpenSession& r) {
    for (const auto& [id, secret] : secrets)
      if (secret == r.secret) return say(Verdict::attached, 0, id.value);
    secrets[SessionId{++last_session}] = r.secret;
    told.push_back({"opened", last_session});
    say(Verdict::opened, 0, last_session);
  }
  void on(const record::CloseSession& r) {
    if (!secrets.contains(r.session)) return say(Verdict::session_expired);
    say(Verdict::closed, 0, end_session(r.session, SessionEnd::closed));
  }
  void on(const record::ExpireSession& r) { end_session(r.session, r.reason); }
  void on(const record::Sweep& r) { sweep(r.session); }
  void on(const record::Lock& r) {
    if (is_over(r.session)) return say(Verdict::session_expired);
    std::string name{r.names.front()};
    Id id = id_of(r, name);
    grant_next(name);
    if (is_spent(id)) return say(Verdict::spent);
    Acquisition* one = r.id.empty() ? nullptr : find([&](auto& other) { return other.id == id; });
    if (one && (one->name != name || one->mode != r.mode || one->slots != r.slots))
      return say(Verdict::mismatch);
    bool known = slots.contains(name) && slots[name].number != 0;
    bool slot = r.mode == Mode::slot;
    if (!one && slot && known && !slots[name].by_operator && slots[name].number != r.slots)
      return say(Verdict::other_slots);
    bool is_free = fits(name, r.mode) && !first(name, Stage::waiting);
    bool waits = one ? !one->holds() : !is_free;
    if (waits && !r.wait) return say(Verdict::busy);
    if (!one && slot && !(known && slots[name].by_operator)) slots[name].number = r.slots;
    Acquisition anew{std::uint64_t(r.stamp_ms), r.session, name, id, r.mode, r.slots, r.ttl_ms};
    std::string_view what = waits ? "claimed" : one ? "renewed" : "granted";
    if (!one) one = &acquisitions.emplace_back(anew);
    if (r.ttl_given) one->ttl_ms = r.ttl_ms;
    become(*one, waits ? Stage::waiting : Stage::holding, what);
    grant_next(name);
    say(one->holds() ? Verdict::granted : Verdict::queued, one->stamp, one->number);
  }
  void on(const record::Unlock& r) {
    Acquisition* one = find_holder({r.names.front(), r.token});
    if (!one) return say(Verdict::not_held);
    if (one->session.value && one->session != r.session) return say(Verdict::no_session);
    end(*one, HoldEnd::unlocked);
    say(Verdict::done);
  }
  void on(const record::RenewTtl& r) {
    Acquisition* one = find_holder(r.hold);
    if (!one || one->session.value) return say(Verdict::not_held);
    if (r.ttl_ms != 0) one->ttl_ms = r.ttl_ms;
    become(*one, Stage::holding, "renewed");
    say(Verdict::done, one->stamp, one->number);
  }
  void on(const record::ExpireLeases& r) {
    for (const HoldName& hold : r.holds)
      if (auto* one = find_holder(hold); one && !one->session.value) end(*one, HoldEnd::expired);
  }
  void on(const record::EndWaits& r) {
    for (ClaimNumber claim : r.waits)
      if (Acquisition* one = find_wait(claim)) end(*one, r.reason);
  }
  void on(const record::Unclaim& r) {
    for (ClaimNumber claim : r.waits)
      if (Acquisition* one = find_wait(claim); one && one->stage == Stage::waiting) {
        become(*one, Stage::unclaimed, "unclaimed");
        grant_next(std::string{one->name});
      }
  }
  void on(const record::Cancel& r) {
    if (is_over(r.session)) return say(Verdict::session_expired);
    grant_next(r.name);
    Id id = id_of(r, r.name);
    Acquisition* one = find([&](auto& other) { return other.id == id; });
    if (one && one->name != r.name) return say(Verdict::mismatch);
    if (one && one->holds()) return say(Verdict::yours, one->stamp, one->number);
    if (one) end(*one, WaitEnd::cancelled);
    spent[id] = ++cancels;
    say(Verdict::cancelled);
  }
  void on(const record::SetSlots& r) {
    std::string name{r.name};
    grant_next(name);
    if (!slots.contains(name) || slots[name].number == 0) return say(Verdict::no_slots);
    slots[name] = {r.slots, true};
    grant_next(name);
    say(Verdict::done);
  }
  void on(const record::Break& r) {
    Acquisition* one = find_holder(r.hold);
    say(one ? Verdict::done : Verdict::not_held);
    if (one) end(*one, HoldEnd::broken);
  }
};

}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
//
// What must be true of the lock table after every step.
#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;
using locks::Stage;

void Invariants::before_step(Moment now) {
  if (!options_.cluster) note_gap(now);
  now_ = now;
  last_before_step_ = truth_.table().last_granted();
  fresh_.clear();
}

void Invariants::after_step(Moment now) {
  now_ = now;
  LogIndex applied = truth_.applied();
  if (options_.durability == Durability::fsync && applied > flushed_) {
    fail("I7 applied before it was durable", "record " + std::to_string(applied.value));
  }
  if (truth_.table().last_granted() < last_before_step_) fail("I1 rising tokens", "the counter");
  if (views_.empty()) {
    for (std::uint32_t i = 0; i < options_.locks; ++i) {
      views_.emplace_back().name = "lock" + std::to_string(i);
    }
  }
  // Only an applied record changes the table.
  if (applied == looked_at_) return;
  LogIndex before = std::exchange(looked_at_, applied);
  keys_.clear();
  granted_.clear();
  has_new_waits_ = false;
  if (applied.value == before.value + 1) judge_deadlocks();
  to_deadlocked_.clear();
  for (View& view : views_) look_at(view);
  look_at_grants();
  for (std::uint64_t token : fresh_) {
    Hold& hold = holds_.at(token);
    for (const Part& part : hold.parts) {
      if (part.ended == never && !is_held(part.name, token)) end_part(token, part.name);
    }
  }
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
  auto twice = std::adjacent_find(
      keys_.begin(), keys_.end(),
      [](const auto& one, const auto& other) { return one.first == other.first; });
  if (twice != keys_.end()) fail("I9 once per id", "two acquisitions of " + twice->first);
  look_for_who_could_hold();
  look_for_deadlocks();
  look_at_sessions();
}

bool Invariants::is_held(const std::string& name, std::uint64_t token) const {
  return std::any_of(views_.begin(), views_.end(),
                     [&](const View& view) { return view.name == name && view.is_held_by(token); });
}

void Invariants::look_at(View& view) {
  Slot at = truth_.table().find_lock(view.name);
  now_there_.holders.clear();
  now_there_.delays.clear();
  now_there_.queue.clear();
  if (at != no_slot) {
    view.last_busy = now_;
    const locks::Lock& lock = truth_.table().lock(at);
    look_at_holders(view, lock);
    look_at_queue(view, lock);
  }
  look_at_modes(view);
  look_at_ends(view);
  for (const Holder& holder : now_there_.holders) {
    if (!view.is_held_by(holder.token)) look_at_order(view, holder);
  }
  std::swap(view.holders, now_there_.holders);
  std::swap(view.delays, now_there_.delays);
  std::swap(view.queue, now_there_.queue);
}

void Invariants::look_at_holders(const View& before, const locks::Lock& lock) {
  const locks::LockTable& table = truth_.table();
  for (Slot slot = lock.holders; slot != no_slot; slot = table.acquisition(slot).next) {
    const locks::Acquisition& holder = table.acquisition(slot);
    if (holder.stage == Stage::delaying) look_at_delay(before, holder);
    if (holder.stage != Stage::holding || !table.is_alive(holder)) continue;
    std::uint64_t token = holder.token().value;
    now_there_.holders.push_back({token, holder.mode, session_of(holder)});
    if (!before.is_held_by(token)) begin_hold(holder);
    look_at_acquisition(before, holder);
  }
}

// What an unclean loss left; its whole length is still to come.
void Invariants::look_at_delay(const View& before, const locks::Acquisition& lost) {
  auto known = std::find_if(before.delays.begin(), before.delays.end(),
                            [&](const Delay& delay) { return delay.token == lost.number; });
  if (known != before.delays.end()) {
    now_there_.delays.push_back(*known);
    return;
  }
  Delay delay{lost.number, lost.mode, Milliseconds{lost.ttl_ms}, {}, {}, {}};
  begin_anew(delay);
  now_there_.delays.push_back(delay);
  auto found = holds_.find(lost.number);
  if (found == holds_.end()) return;  // a restart forgot it
  const Hold& hold = found->second;
  if (hold.delay != delay.length || hold.mode != delay.mode) {
    fail("I18 another delay than was asked for", describe(lost.number));
  }
}

// One mode at once; what a lost hold left counts as it did.
void Invariants::look_at_modes(const View& view) const {
  const std::vector<Holder>& holders = now_there_.holders;
  std::size_t count = holders.size() + now_there_.delays.size();
  if (count < 2) return;
  Mode mode = holders.empty() ? now_there_.delays.front().mode : holders.front().mode;
  bool mixed = std::any_of(holders.begin(), holders.end(),
                           [&](const Holder& holder) { return holder.mode != mode; }) ||
               std::any_of(now_there_.delays.begin(), now_there_.delays.end(),
                           [&](const Delay& delay) { return delay.mode != mode; });
  if (mixed) fail("I4 one mode", view.name + " is held in two");
  if (mode == Mode::exclusive) fail("I4 one holder", view.name + " has two live ones");
  if (mode == Mode::shared || holders.empty()) return;
  std::uint32_t slots = holds_.at(holders.front().token).slots;
  for (const Holder& holder : holders) {
    if (holds_.at(holder.token).slots != slots) fail("I4 slots", view.name + " has two numbers");
  }
  if (count > slots) fail("I4 slots", view.name + " has " + std::to_string(count));
}

void Invariants::look_at_ends(const View& before) {
  for (const Holder& holder : before.holders) {
    if (!now_there_.is_held_by(holder.token)) end_part(holder.token, before.name);
  }
  for (const Delay& delay : before.delays) {
    bool stands = now_there_.is_delayed_by(delay.token);
    if (stands || now_ >= delay.least + (gaps_ - delay.gaps)) continue;
    fail("I18 a delay ends early", describe(delay.token));
  }
}

// A grant is of all its names at once; a part of it may have been unlocked since.
void Invariants::look_at_grants() const {
  for (std::uint64_t token : granted_) {
    const Hold& hold = holds_.at(token);
    for (const Part& part : hold.parts) {
      if (part.unlock_asked || part.break_asked || is_held(part.name, token)) continue;
      if (may_end(hold, part)) continue;
      fail("I4 all names at once", describe(token) + " lacks " + part.name);
    }
  }
}

void Invariants::look_at_acquisition(const View& view, const locks::Acquisition& acquisition) {
  const Operation& creator = history_[creator_of(acquisition)];
  std::string_view id = id_of(acquisition);
  bool asked = creator.ask.verb == Verb::lock && creator.ask.names(view.name) &&
               creator.ask.mode == acquisition.mode;
  if (!asked) fail("I12 an acquisition nobody asked for", to_text(creator));
  if (!id.empty()) {
    const std::string& key =
        keys_.emplace_back(key_of(session_of(acquisition), view.name, id), creator.number).first;
    if (ids_[key].spent) fail("I9 once per id", "in the table, though cancelled: " + key);
  }
  if (creator.answered == never || !creator.outcome.error) return;
  if (*creator.outcome.error == ErrorCode::no_quorum) return;
  // The connection's end is told to those who asked, while an id keeps its place.
  const ErrorCode error = *creator.outcome.error;
  bool keeps_place =
      !id.empty() && (error == ErrorCode::cancelled || error == ErrorCode::shutting_down);
  bool lost = *creator.outcome.error == ErrorCode::session_expired &&
              truth_.is_in_flight();                    // … as its session is
  bool told_before = creator.answered < restarted_at_;  // … and its end was lost with the process
  if (told_before && (forgot_ || *creator.outcome.error == ErrorCode::session_expired)) return;
  if (!keeps_place && !lost) {
    fail("I12 failed requests do nothing", to_text(creator) + " is in the table");
  }
}

void Invariants::begin_hold(const locks::Acquisition& acquisition) {
  Token token = acquisition.token();
  if (token <= last_before_step_ || token > truth_.table().last_granted()) {
    fail("I1 rising tokens",
         describe(token.value) + " granted after " + std::to_string(last_before_step_.value));
  }
  const Operation& creator = history_[creator_of(acquisition)];
  Hold& hold = hold_seen(token, creator, session_of(acquisition));
  if (std::find(granted_.begin(), granted_.end(), token.value) != granted_.end()) return;
  note_kind(hold, creator);
  granted_.push_back(token.value);
}

void Invariants::end_part(std::uint64_t token, const std::string& name) {
  Hold& hold = holds_.at(token);
  Part& part = *hold.part(name);
  if (part.ended != never) return;
  part.ended = now_;
  history_.fold(token);
  if (!may_end(hold, part)) {
    auto us = (std::max(protected_until(hold), Moment{}) - now_).count() / 1'000;
    fail("I5 early end of a lease",
         describe(token) + ", " + std::to_string(us) + " us too soon by its own promises");
  }
  bool delayed = now_there_.is_delayed_by(token);
  if (delayed && !may_be_lost(hold, part)) {
    fail("I18 a delay after a clean end", describe(token));
  }
  if (!delayed && hold.delay != Milliseconds{0} && !may_be_asked_for(hold, part)) {
    fail("I18 no delay after an unclean loss", describe(token));
  }
  // A grant given back may renew its session, though nobody is told.
  auto owner = sessions_.find(hold.session.value);
  if (owner != sessions_.end()) expect_lapse(owner->second.lapse, owner->second.ttl);
}

void Invariants::look_at_sessions() {
  std::erase_if(live_sessions_, [&](std::uint64_t number) {
    Session& session = sessions_.at(number);
    if (truth_.table().find_session(session.id) != no_slot) return false;
    session.ended = true;
    if (!may_end(session)) {
      fail("I5 early end of a session", "s" + std::to_string(number));
    }
    return true;
  });
}

std::uint64_t Invariants::creator_of(const locks::Acquisition& acquisition) const {
  const locks::Details* details = truth_.table().details(acquisition.details);
  ensure(details != nullptr && !details->note.empty());
  return std::stoull(details->note);
}

std::string_view Invariants::id_of(const locks::Acquisition& acquisition) const {
  const locks::Details* details = truth_.table().details(acquisition.details);
  return details == nullptr ? std::string_view{} : std::string_view{details->id};
}

SessionId Invariants::session_of(const locks::Acquisition& acquisition) const {
  if (acquisition.session == no_slot) return {};
  return truth_.table().session(acquisition.session).id;
}

}  // namespace pawl::simulation

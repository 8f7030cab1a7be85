// SPDX-License-Identifier: Apache-2.0
//
// What must be true of the lock table after every step.
#include <algorithm>

#include "base/ensure.hpp"
#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;
using locks::Stage;

namespace {

constexpr std::size_t texts_of_an_id = 32;  // lock name and id, as clients draw them

}  // namespace

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
  looked_at_ = applied;
  keys_.clear();
  for (View& view : views_) look_at(view);
  for (std::uint64_t token : fresh_) {
    bool held = std::any_of(views_.begin(), views_.end(),
                            [&](const View& view) { return view.token == token; });
    if (!held && holds_.at(token).ended == never) end_hold(token);
  }
  std::sort(keys_.begin(), keys_.end());
  auto twice = std::adjacent_find(keys_.begin(), keys_.end());
  if (twice != keys_.end()) fail("I9 once per id", "two acquisitions of " + *twice);
  look_at_sessions();
}

void Invariants::look_at(View& view) {
  const locks::LockTable& table = truth_.table();
  Slot at = table.find_lock(view.name);
  std::uint64_t before = view.token;
  std::uint64_t token = 0;
  std::vector<Waiter> queue;
  if (at != no_slot) {
    view.last_busy = now_;
    const locks::Lock& lock = table.lock(at);
    for (Slot slot = lock.holders; slot != no_slot; slot = table.acquisition(slot).next) {
      const locks::Acquisition& holder = table.acquisition(slot);
      if (!table.is_alive(holder)) continue;
      if (token != 0) fail("I4 one holder", view.name + " has two live ones");
      token = holder.token().value;
      if (token != before) begin_hold(view, holder);
      look_at_acquisition(view, holder);
    }
    view.token = token;
    look_at_queue(view, lock, queue);
  }
  view.token = token;
  if (before != 0 && before != token) end_hold(before);
  look_at_order(view, queue, token != before ? token : 0);
  view.queue = std::move(queue);
}

void Invariants::look_at_queue(View& view, const locks::Lock& lock, std::vector<Waiter>& queue) {
  const locks::LockTable& table = truth_.table();
  for (Slot slot = lock.queue_head; slot != no_slot; slot = table.acquisition(slot).next) {
    const locks::Acquisition& waiter = table.acquisition(slot);
    if (!table.is_alive(waiter)) continue;
    look_at_acquisition(view, waiter);
    look_at_wait(view, waiter, lock.holders == no_slot);
    Waiter entry{creator_of(waiter),           waiter.claim(), waiter.stage == Stage::waiting, 0,
                 std::max(now_, grants_from_), slack_};
    auto known = std::find_if(view.queue.begin(), view.queue.end(),
                              [&](const Waiter& other) { return other.creator == entry.creator; });
    entry.arrival = known == view.queue.end() ? ++arrivals_ : known->arrival;
    if (!entry.claimed && known != view.queue.end() && !known->claimed) {
      entry.unclaimed_since = known->unclaimed_since;
      entry.slack = known->slack;
    }
    Span kept = now_ - entry.unclaimed_since - (slack_ - entry.slack);
    if (!entry.claimed && kept > options_.reclaim + 500ms + flush_allowance()) {
      fail("I16 an unclaimed wait keeps its place", to_text(history_[entry.creator]));
    }
    queue.push_back(entry);
  }
}

void Invariants::look_at_acquisition(const View& view, const locks::Acquisition& acquisition) {
  const Operation& creator = history_[creator_of(acquisition)];
  std::string_view id = id_of(acquisition);
  if (creator.ask.verb != Verb::lock || creator.ask.name != view.name) {
    fail("I12 an acquisition nobody asked for", to_text(creator));
  }
  if (!id.empty()) {
    const std::string& key = keys_.emplace_back(key_of(session_of(acquisition), view.name, id));
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

void Invariants::look_at_wait(const View& view, const locks::Acquisition& waiter,
                              bool lock_is_free) {
  std::uint64_t creator = creator_of(waiter);
  // A decision may be on its way: in the log, or in the node's backlog, which then is due at once.
  if (truth_.is_in_flight() || truth_.is_due(now_)) return;
  if (waiter.stage == Stage::unclaimed) {
    if (id_of(waiter).empty()) fail("I10 an unclaimed wait without id", to_text(history_[creator]));
    return;
  }
  if (lock_is_free) fail("I15 a waiter behind a free lock", to_text(history_[creator]));
  bool asked = is_asking(creator);
  if (!asked && !id_of(waiter).empty()) {
    const Id& id = ids_[key_of(session_of(waiter), view.name, id_of(waiter))];
    asked = std::any_of(id.asked.begin(), id.asked.end(),
                        [&](std::uint64_t number) { return is_asking(number); });
  }
  if (!asked) fail("I10 a wait nobody asks for", to_text(history_[creator]));
}

bool Invariants::is_asking(std::uint64_t number) const {
  const Operation& operation = history_[number];
  if (operation.answered != never) return false;
  auto link = links_.find(operation.link);
  return link == links_.end() || (!link->second.over && !link->second.input_ended);
}

// Whoever was in the queue, claimed before and after, and came earlier, has been overtaken.
void Invariants::look_at_order(const View& before, const std::vector<Waiter>& queue,
                               std::uint64_t granted) {
  if (granted == 0) return;
  const Hold& hold = holds_.at(granted);
  auto former = std::find_if(before.queue.begin(), before.queue.end(),
                             [&](const Waiter& waiter) { return waiter.creator == hold.creator; });
  std::uint64_t arrival = former == before.queue.end() ? ~std::uint64_t{0} : former->arrival;
  for (const Waiter& waiter : queue) {
    bool stood = std::any_of(before.queue.begin(), before.queue.end(), [&](const Waiter& other) {
      return other.claim == waiter.claim && other.claimed;
    });
    if (!stood || !waiter.claimed || waiter.arrival > arrival) continue;
    fail("I10 first come, first served",
         describe(granted) + " overtook " + to_text(history_[waiter.creator]));
  }
}

void Invariants::begin_hold(View& view, const locks::Acquisition& acquisition) {
  Token token = acquisition.token();
  if (token <= last_before_step_ || token > truth_.table().last_granted()) {
    fail("I1 rising tokens",
         describe(token.value) + " granted after " + std::to_string(last_before_step_.value));
  }
  view.token = token.value;
  const Operation& creator = history_[creator_of(acquisition)];
  Hold& hold = hold_seen(token, creator, session_of(acquisition));
  hold.creator = creator.number;
}

void Invariants::end_hold(std::uint64_t token) {
  Hold& hold = holds_.at(token);
  if (hold.ended != never) return;
  hold.ended = now_;
  history_.fold(token);
  if (!may_end(hold)) {
    auto us = (std::max(protected_until(hold), Moment{}) - now_).count() / 1'000;
    fail("I5 early end of a lease",
         describe(token) + ", " + std::to_string(us) + " us too soon by its own promises");
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

// Only time passed: what is past its end by then should have ended.
void Invariants::after_tick(Moment now) {
  now_ = now;
  for (const View& view : views_) {
    if (view.token == 0) continue;
    const Hold& hold = holds_.at(view.token);
    if (hold.session.value == 0 && is_overdue(hold.lapse)) {
      fail("I6 late end of a lease", describe(view.token));
    }
  }
  for (std::uint64_t number : live_sessions_) {
    if (is_overdue(sessions_.at(number).lapse)) {
      fail("I6 late end of a session", "s" + std::to_string(number));
    }
    const Session& session = sessions_.at(number);
    if (session.abandoned && is_overdue(session.release_by)) {
      fail("I6 on_disconnect=release", "s" + std::to_string(number));
    }
  }
}

void Invariants::check_overdue(Moment now) const {
  for (const Outstanding& one : outstanding_) {
    const Operation& operation = history_[one.operation];
    if (!truth_.is_running_at(operation.link)) continue;
    Moment due = operation.begun;
    if (operation.ask.verb == Verb::lock) {
      Milliseconds longest = operation.ask.wait;
      auto id = ids_.find(key_of(operation.scope, operation.ask.name, operation.ask.id));
      if (!operation.ask.id.empty() && id != ids_.end()) {
        // The furthest deadline counts for all that ask.
        for (std::uint64_t number : id->second.asked) {
          longest = std::max(longest, history_[number].ask.wait);
          due = std::max(due, history_[number].begun);
        }
      }
      if (longest == wait_forever) continue;
      due += longest;
    }
    // Held back while a grant that was forgotten may be believed.
    if (operation.ask.verb == Verb::cancel) due = std::max(due, grants_from_);
    if (now > due + 1s + 2 * flush_allowance() + (slack_ - one.slack)) {
      fail("I15 no answer in time", to_text(operation));
    }
  }
}

// After the churn: nothing is left but the memory of cancelled ids.
void Invariants::check_empty() const {
  const locks::LockTable& table = truth_.table();
  if (table.lock_count() + table.session_count() + table.waiter_count() != 0) {
    fail("I16 back to the baseline",
         std::to_string(table.lock_count()) + " locks, " + std::to_string(table.session_count()) +
             " sessions, " + std::to_string(table.waiter_count()) + " waiters are left");
  }
  if (!outstanding_.empty()) {
    fail("I15 no answer in time", to_text(history_[outstanding_.front().operation]));
  }
  // One record back, the table still shows what it removed last; after a restart that may have been
  // every wait there was.
  std::size_t shown = sizeof(locks::Lock) + sizeof(locks::Acquisition) + sizeof(locks::Session) +
                      sizeof(locks::Details) + sizeof(locks::Client) + 64;
  if (restarted_at_ == Moment::min() &&
      table.memory() > (cancels_ + 64) * (sizeof(locks::SpentId) + texts_of_an_id) + 8 * shown) {
    fail("I16 back to the baseline",
         std::to_string(table.memory()) + " bytes, " + std::to_string(cancels_) + " cancellations");
  }
  if (truth_.is_in_flight() || truth_.is_due(never - Span{1})) {
    fail("I16 back to the baseline", "something is still to be done");
  }
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

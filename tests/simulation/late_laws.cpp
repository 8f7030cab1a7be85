// SPDX-License-Identifier: Apache-2.0
//
// What should be over by now, and what is left once all is over.
#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t texts_of_an_id = 32;  // lock name and id, as clients draw them

}  // namespace

// Only time passed: what is past its end by then should have ended.
void Invariants::after_tick(Moment now) {
  now_ = now;
  for (const View& view : views_) {
    for (const Holder& holder : view.holders) {
      const Hold& hold = holds_.at(holder.token);
      if (hold.session.value == 0 && is_overdue(hold.lapse)) {
        fail("I6 late end of a lease", describe(holder.token));
      }
      if (hold.max_hold != Milliseconds{0} && is_overdue(hold.held_lapse)) {
        fail("I6 late end by max_hold", describe(holder.token));
      }
    }
    for (const Delay& delay : view.delays) {
      if (is_overdue(delay.lapse)) fail("I6 late end of a delay", describe(delay.token));
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
  if (table.memory() > cancels_ * (sizeof(locks::SpentId) + texts_of_an_id)) {
    fail("I16 back to the baseline",
         std::to_string(table.memory()) + " bytes, " + std::to_string(cancels_) + " cancellations");
  }
  if (truth_.is_in_flight() || truth_.is_due(never - Span{1})) {
    fail("I16 back to the baseline", "something is still to be done");
  }
}

}  // namespace pawl::simulation

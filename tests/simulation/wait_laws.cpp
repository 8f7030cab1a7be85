// SPDX-License-Identifier: Apache-2.0
//
// What must be true of the queues after every step: who waits, who comes first, who need not wait.
#include <algorithm>

#include "invariants.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;
using locks::Stage;

void Invariants::look_at_queue(const View& before, const locks::Lock& lock) {
  const locks::LockTable& table = truth_.table();
  for (Slot slot = lock.queue_head; slot != no_slot; slot = table.acquisition(slot).next) {
    const locks::Acquisition& waiter = table.acquisition(slot);
    if (!table.is_alive(waiter)) continue;
    look_at_acquisition(before, waiter);
    look_at_wait(before, waiter);
    bool deadlock = waiter.session != no_slot && table.session(waiter.session).deadlock;
    Waiter entry{creator_of(waiter),
                 waiter.claim(),
                 waiter.stage == Stage::waiting,
                 waiter.several,
                 waiter.mode,
                 session_of(waiter),
                 deadlock,
                 0,
                 std::max(now_, grants_from_),
                 slack_};
    auto known = std::find_if(before.queue.begin(), before.queue.end(),
                              [&](const Waiter& other) { return other.creator == entry.creator; });
    bool stood = known != before.queue.end();
    entry.arrival = stood ? known->arrival : ++arrivals_;
    if (!entry.claimed && stood && !known->claimed) {
      entry.unclaimed_since = known->unclaimed_since;
      entry.slack = known->slack;
    }
    if (entry.claimed && !(stood && known->claimed && known->claim == entry.claim)) {
      has_new_waits_ = true;
    }
    Span kept = now_ - entry.unclaimed_since - (slack_ - entry.slack);
    if (!entry.claimed && kept > options_.reclaim + 500ms + flush_allowance()) {
      fail("I16 an unclaimed wait keeps its place", to_text(history_[entry.creator]));
    }
    now_there_.queue.push_back(entry);
  }
}

void Invariants::look_at_wait(const View& view, const locks::Acquisition& waiter) {
  std::uint64_t creator = creator_of(waiter);
  // A decision may be on its way: in the log, or in the node's backlog, which then is due at once.
  if (truth_.is_in_flight() || truth_.is_due(now_)) return;
  if (waiter.stage == Stage::unclaimed) {
    if (id_of(waiter).empty()) fail("I10 an unclaimed wait without id", to_text(history_[creator]));
    return;
  }
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

// Whoever was in the queue, claimed before and after, and came earlier, has been overtaken if the
// two conflict. Who waits for other names too may stay where readers pass, and keeps a slot; what
// was granted later in the same step took none of those there were.
void Invariants::look_at_order(const View& before, const Holder& granted) const {
  const Hold& hold = holds_.at(granted.token);
  auto former = std::find_if(before.queue.begin(), before.queue.end(),
                             [&](const Waiter& waiter) { return waiter.creator == hold.creator; });
  std::uint64_t arrival = former == before.queue.end() ? ~std::uint64_t{0} : former->arrival;
  auto was_there = [&](const auto& one) { return one.token <= granted.token; };
  auto taken = std::count_if(now_there_.holders.begin(), now_there_.holders.end(), was_there) +
               std::count_if(now_there_.delays.begin(), now_there_.delays.end(), was_there);
  for (const Waiter& waiter : now_there_.queue) {
    bool stood = std::any_of(before.queue.begin(), before.queue.end(), [&](const Waiter& other) {
      return other.claim == waiter.claim && other.claimed;
    });
    if (!stood || !waiter.claimed || waiter.arrival > arrival) continue;
    bool conflicts = hold.mode == Mode::exclusive || waiter.mode != hold.mode;
    bool has_room = hold.mode != Mode::slot || ++taken <= hold.slots;
    if (waiter.several && !conflicts && has_room) continue;
    fail("I10 first come, first served",
         describe(granted.token) + " overtook " + to_text(history_[waiter.creator]));
  }
}

// The table as it is now, all names of a LOCK together: whoever could hold, does.
void Invariants::look_for_who_could_hold() const {
  if (truth_.table().has_dead_sessions()) return;
  for (const View& view : views_) {
    for (const Waiter& waiter : view.queue) {
      if (!waiter.claimed || !could_hold(waiter.creator)) continue;
      fail("I15 a waiter behind a free lock", to_text(history_[waiter.creator]));
    }
  }
}

bool Invariants::could_hold(std::uint64_t creator) const {
  return std::all_of(views_.begin(), views_.end(), [&](const View& view) {
    auto waiter = std::find_if(view.queue.begin(), view.queue.end(),
                               [&](const Waiter& one) { return one.creator == creator; });
    return waiter == view.queue.end() || has_room_for(view, *waiter);
  });
}

// Beside all that hold it, and all that wait ahead and are not passed over.
bool Invariants::has_room_for(const View& view, const Waiter& waiter) const {
  std::size_t taken = view.holders.size() + view.delays.size();
  auto conflicts = [&](Mode mode) { return waiter.mode == Mode::exclusive || waiter.mode != mode; };
  for (const Holder& holder : view.holders) {
    if (conflicts(holder.mode)) return false;
  }
  for (const Delay& delay : view.delays) {
    if (conflicts(delay.mode)) return false;
  }
  for (const Waiter& other : view.queue) {
    if (other.arrival == waiter.arrival) break;
    if (!other.claimed) continue;
    if (conflicts(other.mode)) return false;
    ++taken;
  }
  return waiter.mode != Mode::slot || taken < history_[waiter.creator].ask.slots;
}

}  // namespace pawl::simulation

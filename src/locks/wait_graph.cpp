// SPDX-License-Identifier: Apache-2.0
#include "locks/wait_graph.hpp"

#include "base/mutant.hpp"
#include "locks/lock_table.hpp"

namespace pawl::locks {

namespace {

// A session that holds more is not looked through for whether anybody waits for it.
constexpr std::size_t most_looked_through = 256;

// Longer ones are cut short: nobody reads on.
constexpr std::size_t longest_cycle = 32;

}  // namespace

bool WaitGraph::is_deadlocked(Slot session, std::string& cycle, std::vector<Slot>& named) {
  if (!table_.session(session).deadlock || !may_block_somebody(session)) return false;
  parties_.clear();
  places_.clear();
  queues_.clear();
  listed_.clear();
  explore(session);
  reduce();
  if (!parties_.front().stuck) return false;
  write_cycle(cycle, named);
  return true;
}

// Nobody was deadlocked before: who blocks nobody is not now.
bool WaitGraph::may_block_somebody(Slot at) const {
  const Session& session = table_.session(at);
  std::size_t left = most_looked_through;
  for (Slot slot = session.first_hold; slot != no_slot && left > 0; --left) {
    const Acquisition hold = table_.acquisition(slot);
    if (table_.lock(hold.lock).queue_head != no_slot) return true;
    slot = hold.session_next;
  }
  for (Slot slot = session.first_wait; slot != no_slot && left > 0; --left) {
    const Acquisition wait = table_.acquisition(slot);
    if (wait.next != no_slot) return true;
    slot = wait.session_next;
  }
  return left == 0;
}

// Everybody whom the session's fate may depend on, and everybody theirs may.
void WaitGraph::explore(Slot session) {
  static_cast<void>(party_of(session));
  for (Index at = 0; at < parties_.size(); ++at) {
    if (!parties_[at].stuck) continue;
    for (Slot slot = table_.session(parties_[at].session).first_wait; slot != no_slot;) {
      const Acquisition wait = table_.acquisition(slot);
      if (wait.stage == Stage::waiting) visit(wait.lock);
      slot = wait.session_next;
    }
  }
}

// None: it can proceed, whatever the others do. So can a party that is not stuck from the start; it
// is there so that its waits are looked through once.
WaitGraph::Index WaitGraph::party_of(Slot at) {
  if (at == no_slot) return none;
  const Session& session = table_.session(at);
  if (session.seen < parties_.size() && parties_[session.seen].session == at) return session.seen;
  session.seen = static_cast<Index>(parties_.size());
  parties_.push_back({.session = at, .stuck = session.deadlock && !session.dead && waits_now(at)});
  return session.seen;
}

bool WaitGraph::waits_now(Slot session) const {
  for (Slot slot = table_.session(session).first_wait; slot != no_slot;) {
    const Acquisition wait = table_.acquisition(slot);
    if (wait.stage == Stage::waiting) return true;
    slot = wait.session_next;
  }
  return false;
}

void WaitGraph::visit(Slot at) {
  const Lock lock = table_.lock(at);
  if (lock.seen < queues_.size() && queues_[lock.seen].lock == at) return;
  auto queue_index = static_cast<Index>(queues_.size());
  table_.crowds_[lock.crowd].seen = queue_index;  // there is one: it is waited for
  auto first = static_cast<Index>(places_.size());
  queues_.push_back({.lock = at, .first_holder = first});
  for (Slot slot = lock.holders; slot != no_slot;) {
    const Acquisition holder = table_.acquisition(slot);
    if (holder.stage == Stage::holding) add_place(holder.session, holder.mode, false);
    slot = holder.next;
  }
  Queue& queue = queues_.back();
  queue.first_waiter = static_cast<Index>(places_.size());
  queue.stuck_holders = queue.first_waiter - first;
  queue.exclusive_to = queue.shared_to = queue.slots_to = queue.first_waiter;
  queue.in_the_way.fill(first);
  queue.reached = first;
  for (Slot slot = lock.queue_head; slot != no_slot;) {
    const Acquisition waiter = table_.acquisition(slot);
    bool is_claimed = waiter.stage == Stage::waiting || is_mutant(Mutant::cycle_false);
    if (is_claimed) add_place(waiter.session, waiter.mode, true);
    slot = waiter.next;
  }
  queue.end = static_cast<Index>(places_.size());
  queue.listed = true;
  listed_.push_back(queue_index);
}

void WaitGraph::add_place(Slot session, Mode mode, bool waits) {
  Index at = party_of(session);
  if (at == none || !parties_[at].stuck) return;
  Party& party = parties_[at];
  auto queue = static_cast<Index>(queues_.size() - 1);
  places_.push_back({at, queue, party.first_place, mode, waits});
  party.first_place = static_cast<Index>(places_.size() - 1);
  if (waits) ++party.blocked;
}

void WaitGraph::reduce() {
  while (!listed_.empty() && parties_.front().stuck) {
    Index at = listed_.back();
    listed_.pop_back();
    queues_[at].listed = false;
    advance(at);
  }
}

void WaitGraph::advance(Index at) {
  advance_exclusive(queues_[at]);
  advance_shared(queues_[at]);
  advance_slots(queues_[at]);
}

// The first in line, once nobody holds it.
void WaitGraph::advance_exclusive(Queue& queue) {
  for (; queue.exclusive_to < queue.end; ++queue.exclusive_to) {
    Index at = queue.exclusive_to;
    if (!is_stuck(at)) continue;
    if (places_[at].mode == Mode::exclusive && queue.stuck_holders == 0) pass(at);
    if (is_stuck(at)) return;
  }
}

// Up to the first of another mode, beside those who share it.
void WaitGraph::advance_shared(Queue& queue) {
  if (queue.stuck_holders != 0 && table_.lock(queue.lock).mode != Mode::shared) return;
  for (; queue.shared_to < queue.end; ++queue.shared_to) {
    Index at = queue.shared_to;
    if (!is_stuck(at)) continue;
    if (places_[at].mode != Mode::shared) return;
    pass(at);
  }
}

// Likewise, as far as there are slots that nobody stuck has or gets before.
void WaitGraph::advance_slots(Queue& queue) {
  const Lock lock = table_.lock(queue.lock);
  if (queue.stuck_holders != 0 && lock.mode != Mode::slot) return;
  for (; queue.slots_to < queue.end; ++queue.slots_to) {
    Index at = queue.slots_to;
    if (!is_stuck(at)) continue;
    if (places_[at].mode != Mode::slot) return;
    if (queue.stuck_holders + queue.stuck_slots >= lock.slots) return;
    ++queue.stuck_slots;
    pass(at);
  }
}

void WaitGraph::pass(Index at) {
  Place& place = places_[at];
  if (place.passed) return;
  place.passed = true;
  bool is_last = --parties_[place.party].blocked == 0;
  if (is_last || is_mutant(Mutant::cycle_missed)) free(place.party);
}

// It can proceed: in the end it gives back all it holds, and waits for nothing.
void WaitGraph::free(Index at) {
  Party& party = parties_[at];
  party.stuck = false;
  for (Index slot = party.first_place; slot != none; slot = places_[slot].next) {
    const Place& place = places_[slot];
    Queue& queue = queues_[place.queue];
    if (!place.waits) --queue.stuck_holders;
    if (place.waits && place.passed && place.mode == Mode::slot) --queue.stuck_slots;
    if (queue.listed) continue;
    queue.listed = true;
    listed_.push_back(place.queue);
  }
}

// The shortest way from the session back to itself. Of what blocks a place one is enough, for each
// who is stuck is so for this session's sake; a slot is blocked by all who have one.
void WaitGraph::write_cycle(std::string& cycle, std::vector<Slot>& named) {
  for (Party& party : parties_) party.blocked = none;  // from here on: the step that reached it
  steps_.clear();
  steps_.push_back({0, none, no_slot});
  for (Index step = 0; step < steps_.size(); ++step) {
    follow(step);
    if (parties_.front().blocked == none) continue;
    describe(parties_.front().blocked, cycle, named);
    return;
  }
  describe(static_cast<Index>(steps_.size() - 1), cycle, named);
}

void WaitGraph::follow(Index step) {
  Index at = blocked_place(steps_[step].party);
  if (at == none) return;
  Queue& queue = queues_[places_[at].queue];
  Mode mode = places_[at].mode;
  if (is_short_of_slots(queue, mode)) {
    for (; queue.reached < at; ++queue.reached) {
      if (is_stuck(queue.reached)) reach(queue.reached, step, queue.lock);
    }
    return;
  }
  Index& first = queue.in_the_way[static_cast<std::size_t>(mode)];
  auto conflicts = [&] { return mode == Mode::exclusive || places_[first].mode != mode; };
  while (first < at && !(is_stuck(first) && conflicts())) ++first;
  if (first < at) reach(first, step, queue.lock);
}

bool WaitGraph::is_short_of_slots(const Queue& queue, Mode mode) const {
  bool beside = queue.stuck_holders == 0 || table_.lock(queue.lock).mode == Mode::slot;
  return mode == Mode::slot && beside && places_[queue.slots_to].mode == Mode::slot;
}

WaitGraph::Index WaitGraph::blocked_place(Index party) const {
  for (Index at = parties_[party].first_place; at != none; at = places_[at].next) {
    if (places_[at].waits && !places_[at].passed) return at;
  }
  return none;
}

void WaitGraph::reach(Index place, Index from, Slot lock) {
  Party& party = parties_[places_[place].party];
  if (party.blocked != none) return;
  party.blocked = static_cast<Index>(steps_.size());
  steps_.push_back({places_[place].party, from, lock});
}

void WaitGraph::describe(Index last, std::string& cycle, std::vector<Slot>& named) const {
  std::vector<Index> way;
  for (Index step = last; step != none; step = steps_[step].from) way.push_back(step);
  auto handle = [&](Index step) {
    return "s" + std::to_string(table_.session(parties_[steps_[step].party].session).id.value);
  };
  cycle = handle(way.back());
  std::size_t left = longest_cycle;
  for (auto at = way.rbegin() + 1; at != way.rend(); ++at) {
    bool is_cut = --left == 0 && at + 1 != way.rend();
    if (is_cut) at = way.rend() - 1;
    cycle += is_cut ? " … " : " ";
    cycle += table_.name_of(steps_[*at].lock);
    named.push_back(steps_[*at].lock);
    cycle += " → ";
    cycle += handle(*at);
  }
}

}  // namespace pawl::locks

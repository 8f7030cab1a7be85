// SPDX-License-Identifier: Apache-2.0
//
// Who waits for whom, looked at when a wait is made or claimed: a session that could never proceed,
// whatever the others do, is told so at once. By reduction: whoever can proceed is taken away with
// all it holds and awaits, again and again; who is left is deadlocked. Each queue is walked once,
// however long it is.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/request.hpp"
#include "base/slab.hpp"

namespace pawl::locks {

class LockTable;
struct Lock;

class WaitGraph {
 public:
  explicit WaitGraph(const LockTable& table) : table_(table) {}

  // Would this session, which waits, wait for ever? Then `cycle` says for whom:
  // "s17 jobs/a → s21 jobs/b → s17", and `named` is the locks in it.
  [[nodiscard]] bool is_deadlocked(Slot session, std::string& cycle, std::vector<Slot>& named);

 private:
  using Index = std::uint32_t;
  static constexpr Index none = 0xFFFF'FFFF;

  // A session that waits.
  struct Party {
    Slot session;
    Index first_place = none;
    Index blocked = 0;  // places in queues that it cannot leave yet
    bool stuck = true;
  };
  // A party among the holders of a lock, or in its queue.
  struct Place {
    Index party;
    Index queue;
    Index next;  // of the party
    Mode mode;
    bool waits;
    bool passed = false;  // it waits, and nobody stuck is in its way
  };
  // A lock, with its parties: first those who hold, then those who wait, in order.
  struct Queue {
    Slot lock;
    Index first_holder;
    Index first_waiter;
    Index end;
    Index stuck_holders = 0;
    Index stuck_slots = 0;  // passed waiters for slots, still stuck: each takes one
    // How far each mode can be granted if only who is stuck stays.
    Index exclusive_to;
    Index shared_to;
    Index slots_to;
    bool listed = false;  // to be looked at again
    // While the cycle is looked for, so that this too walks each queue once.
    std::array<Index, 3> in_the_way;  // of each mode: nobody stuck before it is
    Index reached;                    // all who are stuck before it are
  };

  [[nodiscard]] bool may_block_somebody(Slot session) const;
  void explore(Slot session);
  [[nodiscard]] Index party_of(Slot session);
  [[nodiscard]] bool waits_now(Slot session) const;
  void visit(Slot lock);
  void add_place(Slot session, Mode mode, bool waits);
  void reduce();
  void advance(Index queue);
  void advance_exclusive(Queue& queue);
  void advance_shared(Queue& queue);
  void advance_slots(Queue& queue);
  void pass(Index place);
  void free(Index party);
  [[nodiscard]] bool is_stuck(Index place) const { return parties_[places_[place].party].stuck; }

  // The cycle, for people.
  struct Step {
    Index party;
    Index from;  // the step before, in steps_
    Slot lock;   // … waits for this one
  };
  [[nodiscard]] Index blocked_place(Index party) const;
  void follow(Index step);
  [[nodiscard]] bool is_short_of_slots(const Queue& queue, Mode mode) const;
  void reach(Index place, Index from, Slot lock);
  void describe(Index last, std::string& cycle, std::vector<Slot>& named) const;
  void write_cycle(std::string& cycle, std::vector<Slot>& named);

  const LockTable& table_;
  std::vector<Party> parties_;  // all keep their storage
  std::vector<Place> places_;
  std::vector<Queue> queues_;
  std::vector<Index> listed_;
  std::vector<Step> steps_;
};

}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
//
// Who is to be told how a wait ends. Several connections may ask for one acquisition (same id): all
// get the one answer, the furthest deadline counts for all. A wait with nobody left asking is
// nobody's.
#pragma once

#include "base/hash_index.hpp"
#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/slab.hpp"
#include "node/connections.hpp"

namespace pawl::node {

struct Asker {
  Origin origin;
  Moment deadline = never;
  Slot wait = no_slot;  // in Askers
  Slot next_of_wait = no_slot;
  Slot next_of_connection = no_slot;
  Slot previous_of_connection = no_slot;
};

struct AskedWait {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  Slot acquisition = no_slot;
  Slot first = no_slot;
};

class Askers {
 public:
  explicit Askers(Connections& connections) : connections_(connections) {}

  void add(Slot acquisition, Origin origin, Moment deadline);
  // Takes one asker of this acquisition away and returns it; its connection is 0 if there is none.
  [[nodiscard]] Asker take(Slot acquisition);
  // Forgets all that a connection asks for; `alone(acquisition)` for each wait it leaves alone.
  template <class Alone>
  void leave(Connection& connection, Alone alone) {
    while (connection.first_asker != no_slot) {
      Slot acquisition = waits_[askers_[connection.first_asker].wait].acquisition;
      remove(connection.first_asker);
      if (!is_asked_for(acquisition)) alone(acquisition);
    }
  }
  // Visits the acquisitions that only this connection asks for.
  template <class Visit>
  void each_alone(const Connection& connection, Visit visit) const {
    for (Slot at = connection.first_asker; at != no_slot; at = askers_[at].next_of_connection) {
      if (is_alone(at)) visit(waits_[askers_[at].wait].acquisition);
    }
  }
  // Takes a connection out of the waits that others ask for too; `left(origin, acquisition)` for
  // each request.
  template <class Left>
  void leave_shared(const Connection& connection, Left left) {
    for (Slot at = connection.first_asker; at != no_slot;) {
      Slot next = askers_[at].next_of_connection;
      if (!is_alone(at)) {
        Origin origin = askers_[at].origin;
        Slot acquisition = waits_[askers_[at].wait].acquisition;
        remove(at);
        left(origin, acquisition);
      }
      at = next;
    }
  }
  // Takes away who asks for this acquisition from a connection that has said its last word.
  template <class Left>
  void leave_ended(Slot acquisition, Left left) {
    Slot wait = find(acquisition);
    for (Slot at = wait == no_slot ? no_slot : waits_[wait].first; at != no_slot;) {
      Slot next = askers_[at].next_of_wait;
      if (connections_[askers_[at].origin.connection.slot].input_ended) {
        Origin origin = askers_[at].origin;
        remove(at);
        left(origin);
      }
      at = next;
    }
  }
  // Every acquisition that anybody asks for.
  template <class Visit>
  void each(Visit visit) const {
    for (Slot at = 0; at < waits_.end(); ++at) {
      if (waits_[at].acquisition != no_slot) visit(waits_[at].acquisition);
    }
  }
  [[nodiscard]] bool is_asked_for(Slot acquisition) const { return find(acquisition) != no_slot; }
  [[nodiscard]] Moment furthest_deadline(Slot acquisition) const;

 private:
  [[nodiscard]] Slot find(Slot acquisition) const;
  [[nodiscard]] bool is_alone(Slot asker) const;
  void remove(Slot asker);

  Connections& connections_;
  Slab<Asker> askers_;
  Slab<AskedWait> waits_;
  HashIndex<AskedWait, &AskedWait::hash, &AskedWait::hash_next> by_acquisition_{waits_};
};

}  // namespace pawl::node

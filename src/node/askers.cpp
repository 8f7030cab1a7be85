// SPDX-License-Identifier: Apache-2.0
#include "node/askers.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace pawl::node {

void Askers::add(Slot acquisition, Origin origin, Moment deadline) {
  Slot wait = find(acquisition);
  if (wait == no_slot) {
    wait = waits_.allocate();
    waits_[wait].acquisition = acquisition;
    by_acquisition_.insert(wait, hash_number(acquisition, 0));
  }
  Slot at = askers_.allocate();
  Asker& asker = askers_[at];
  asker.origin = origin;
  asker.deadline = deadline;
  asker.wait = wait;
  asker.next_of_wait = waits_[wait].first;
  waits_[wait].first = at;
  Connection& connection = connections_[origin.connection.slot];
  asker.next_of_connection = connection.first_asker;
  if (connection.first_asker != no_slot) {
    askers_[connection.first_asker].previous_of_connection = at;
  }
  connection.first_asker = at;
}

Asker Askers::take(Slot acquisition) {
  Slot wait = find(acquisition);
  if (wait == no_slot) return {};
  Slot first = waits_[wait].first;
  Asker taken = askers_[first];
  remove(first);
  return taken;
}

Moment Askers::furthest_deadline(Slot acquisition) const {
  Slot wait = find(acquisition);
  if (wait == no_slot) return never;
  Moment furthest = Moment::min();
  for (Slot at = waits_[wait].first; at != no_slot; at = askers_[at].next_of_wait) {
    furthest = std::max(furthest, askers_[at].deadline);
  }
  return furthest;
}

Slot Askers::find(Slot acquisition) const {
  return by_acquisition_.find(hash_number(acquisition, 0), [&](const AskedWait& wait) {
    return wait.acquisition == acquisition;
  });
}

// Does nobody but this asker's own connection ask for its wait?
bool Askers::is_alone(Slot asker) const {
  ConnectionId own = askers_[asker].origin.connection;
  for (Slot at = waits_[askers_[asker].wait].first; at != no_slot; at = askers_[at].next_of_wait) {
    if (askers_[at].origin.connection != own) return false;
  }
  return true;
}

void Askers::remove(Slot at) {
  Asker asker = askers_[at];
  Slot* link = &waits_[asker.wait].first;
  while (*link != at) link = &askers_[*link].next_of_wait;
  *link = asker.next_of_wait;
  if (asker.previous_of_connection != no_slot) {
    askers_[asker.previous_of_connection].next_of_connection = asker.next_of_connection;
  } else {
    connections_[asker.origin.connection.slot].first_asker = asker.next_of_connection;
  }
  if (asker.next_of_connection != no_slot) {
    askers_[asker.next_of_connection].previous_of_connection = asker.previous_of_connection;
  }
  askers_.release(at);
  if (waits_[asker.wait].first != no_slot) return;
  by_acquisition_.erase(asker.wait);
  waits_.release(asker.wait);
}

}  // namespace pawl::node

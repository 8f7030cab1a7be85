// SPDX-License-Identifier: Apache-2.0
//
// What the node knows of each connection: the session it is attached to, whether it wants events,
// what of it is still in the log. Lists run through the slots themselves.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/slab.hpp"

namespace pawl::node {

enum class Attachment : std::uint8_t {
  none,      // LOCK takes a leased lock
  attached,  // LOCK belongs to the session
  failed,    // OPEN or RESUME failed: LOCK answers NO_SESSION
  lapsed,    // the session is gone: LOCK answers SESSION_EXPIRED
};

struct Connection {
  std::uint32_t generation = 0;  // 0: not connected
  Attachment attachment = Attachment::none;
  bool events = false;
  bool input_ended = false;
  std::uint8_t failures = 0;  // to say who it is
  std::uint32_t user = 0;     // 1: the first of those configured; 0: not said
  Slot session = no_slot;     // in the lock table, while attached
  Slot next_attached = no_slot;
  Slot previous_attached = no_slot;
  Slot first_asker = no_slot;  // of the waits it asks for
  LogIndex last_record;        // its newest record in the log
  LogIndex opening;            // its newest OPEN there
  std::string address;
};

class Connections {
 public:
  Connection& connect(ConnectionId id, std::string_view address);
  void disconnect(ConnectionId id);
  // Nothing if it has ended.
  [[nodiscard]] const Connection* find(ConnectionId id) const {
    if (!id || id.slot >= connections_.size()) return nullptr;
    const Connection& connection = connections_[id.slot];
    return connection.generation == id.generation ? &connection : nullptr;
  }
  [[nodiscard]] Connection* find(ConnectionId id) {
    return const_cast<Connection*>(std::as_const(*this).find(id));
  }
  [[nodiscard]] Connection& operator[](Slot slot) { return connections_[slot]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  template <class Visit>
  void each(Visit visit) {
    for (Slot slot = 0; slot < connections_.size(); ++slot) {
      if (connections_[slot].generation != 0) visit(id_of(slot), connections_[slot]);
    }
  }

  void attach(ConnectionId id, Slot session);
  // `left` says what LOCK answers from now on.
  void detach(ConnectionId id, Attachment left);
  [[nodiscard]] Slot first_attached(Slot session) const {
    return session < attached_.size() ? attached_[session] : no_slot;
  }
  [[nodiscard]] ConnectionId id_of(Slot slot) const {
    return {slot, connections_[slot].generation};
  }

 private:
  std::vector<Connection> connections_;
  std::vector<Slot> attached_;  // by session: its first connection
  std::size_t size_ = 0;
};

}  // namespace pawl::node

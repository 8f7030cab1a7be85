// SPDX-License-Identifier: Apache-2.0
//
// By acquisition: the connection that last locked or renewed it. A million leases of one connection
// name it by 4 bytes each; its name is kept while one of them does, so that a later connection is
// never taken for it.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "base/row.hpp"
#include "base/slab.hpp"

namespace pawl::node {

class LeaseConnections {
 public:
  void note(Slot acquisition, ConnectionId connection) {
    names_.reach(acquisition, no_slot);
    Slot& name = names_[acquisition];
    if (name != no_slot) {
      if (named_[name].connection == connection) return;
      if (--named_[name].leases == 0) named_.release(name);
    }
    name = connection ? name_of(connection) : no_slot;
  }

  // None if nobody did, or before this node was primary.
  [[nodiscard]] ConnectionId of(Slot acquisition) const {
    Slot name = acquisition < names_.size() ? names_[acquisition] : no_slot;
    return name == no_slot ? ConnectionId{} : named_[name].connection;
  }
  [[nodiscard]] std::size_t named() const { return named_.size(); }

 private:
  struct Named {
    ConnectionId connection;
    std::uint32_t leases = 0;
  };

  Slot name_of(ConnectionId connection) {
    newest_.reach(connection.slot, no_slot);
    Slot& name = newest_[connection.slot];
    if (name == no_slot || named_[name].connection != connection) {
      name = named_.allocate();
      named_[name].connection = connection;
    }
    ++named_[name].leases;
    return name;
  }

  Row<Slot> names_;    // by acquisition, in named_
  Row<Slot> newest_;   // by connection: what named it last, which may name another by now
  Slab<Named> named_;  // by no order
};

}  // namespace pawl::node

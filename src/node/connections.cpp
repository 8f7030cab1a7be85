// SPDX-License-Identifier: Apache-2.0
#include "node/connections.hpp"

#include "base/ensure.hpp"

namespace pawl::node {

Connection& Connections::connect(ConnectionId id, std::string_view address) {
  if (id.slot >= connections_.size()) connections_.resize(id.slot + 1);
  Connection& connection = connections_[id.slot];
  ensure(connection.generation == 0 && id);
  connection = Connection{};
  connection.generation = id.generation;
  connection.address = address;
  ++size_;
  return connection;
}

void Connections::disconnect(ConnectionId id) {
  Connection* connection = find(id);
  ensure(connection != nullptr && connection->first_asker == no_slot);
  if (connection->attachment == Attachment::attached) detach(id, Attachment::none);
  *connection = Connection{};
  --size_;
}

void Connections::attach(ConnectionId id, Slot session) {
  Connection& connection = connections_[id.slot];
  if (connection.attachment == Attachment::attached) {
    if (connection.session == session) return;
    detach(id, Attachment::none);
  }
  if (session >= attached_.size()) attached_.resize(session + 1, no_slot);
  connection.attachment = Attachment::attached;
  connection.session = session;
  connection.next_attached = attached_[session];
  if (connection.next_attached != no_slot) {
    connections_[connection.next_attached].previous_attached = id.slot;
  }
  attached_[session] = id.slot;
}

void Connections::detach(ConnectionId id, Attachment left) {
  Connection& connection = connections_[id.slot];
  if (connection.attachment == Attachment::attached) {
    if (connection.previous_attached != no_slot) {
      connections_[connection.previous_attached].next_attached = connection.next_attached;
    } else {
      attached_[connection.session] = connection.next_attached;
    }
    if (connection.next_attached != no_slot) {
      connections_[connection.next_attached].previous_attached = connection.previous_attached;
    }
  }
  connection.next_attached = connection.previous_attached = connection.session = no_slot;
  connection.attachment = left;
}

}  // namespace pawl::node

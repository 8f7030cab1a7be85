// SPDX-License-Identifier: Apache-2.0
//
// Redis clients of a standby, passed on to the primary as bytes where resp.forward says so.
#include <memory>

#include "server/server.hpp"

namespace pawl::server {

// Where the primary serves clients, if it is known and another node.
const Address* Server::other_primary() const {
  const replication::Replica& replica = node_.replica();
  if (!peers_ || !replica.primary() || replica.role() == Role::primary) return nullptr;
  const Address& address = client_addresses_[replica.primary()->value];
  return address.host.empty() ? nullptr : &address;
}

// Where no primary is known the client is served here, and told so. Who it is the primary judges,
// and gives it as long for that.
void Server::relay(Connection& connection) {
  const Address* const primary = other_primary();
  if (primary == nullptr) return;
  const ConnectionId id = connection.id;
  Relay::Owner owner;
  owner.heard = [this, id](std::string_view bytes) {
    loop_.read_time();
    on_relayed(id, bytes);
  };
  owner.ended = [this, id] {
    loop_.read_time();
    if (Connection* const ended = receiver(id)) end_input(*ended);
  };
  connection.resp->relay = std::make_shared<Relay>(loop_.context(), *primary, std::move(owner));
  connection.known_by = never;
  connection.resp->relay->start();
}

// As long as the primary takes what it is sent.
void Server::pass_on(Connection& connection, std::string_view& rest) {
  Relay& relay = *connection.resp->relay;
  if (connection.state == Connection::State::open && !rest.empty()) relay.send(rest);
  rest = {};
  connection.parked = relay.unsent() > limits_.unread_output;
}

// No bytes: the primary took what it was sent.
void Server::on_relayed(ConnectionId id, std::string_view bytes) {
  Connection* const connection = receiver(id);
  if (connection == nullptr) return;
  if (!bytes.empty()) {
    connection->outbox.event(0, [&](std::string& out) { out += bytes; });
    if (is_behind(*connection)) connection->resp->relay->hold();
  } else if (std::exchange(connection->parked, false)) {
    list_work(*connection);
  }
}

// Who was held because it did not read has read enough.
void Server::go_on_relaying(Connection& connection) {
  if (connection.resp == nullptr || !connection.resp->relay) return;
  Relay& relay = *connection.resp->relay;
  if (relay.is_held() && connection.outbox.unread_bytes() <= unread_.allowed(limits_of(connection)))
    relay.go_on();
}

// The primary is another one, or none: who is relayed must begin anew, and so must who is served
// here as soon as there is somebody to be relayed to. Called within a step, so they are only
// marked.
void Server::end_talks_with_others() {
  if (!forwards_) return;
  const bool serves = other_primary() == nullptr;
  connections_.for_each([&](Connection& connection) {
    if (connection.resp == nullptr) return;
    if (connection.resp->relay) {
      connection.overrun = true;
    } else if (!serves && connection.state == Connection::State::open) {
      connection.state = Connection::State::ending;
      connection.cause = node::DisconnectCause::server;
    } else {
      return;
    }
    list_output(connection);
  });
}

}  // namespace pawl::server

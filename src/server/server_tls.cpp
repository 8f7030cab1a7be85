// SPDX-License-Identifier: Apache-2.0
//
// The server's clients that speak TLS, or should: TLS.md. A handshake costs as much as many
// requests: it is done in what is left of a turn, one step after the other, like long pipelines.
#include <algorithm>
#include <boost/asio/error.hpp>
#include <optional>
#include <string>
#include <utility>

#include "server/refusals.hpp"
#include "server/server.hpp"
#include "wire/request.hpp"

namespace pawl::server {
namespace {

using boost::system::error_code;

constexpr char tls_handshake = 0x16;  // the kind of a record; no line and no RESP begins so

// A fatal alert, handshake_failure: what a TLS client can tell its user.
constexpr std::string_view no_tls_alert{"\x15\x03\x01\x00\x02\x02\x28", 7};

}  // namespace

void Server::take_keys(tls::Keyring keys) {
  keys_ = std::move(keys);
  for (const std::string& warning : keys_.warnings()) {
    log_.warn("a certificate is out of its time", {{"which", warning}});
  }
}

// `bytes` are all that this connection has sent. True: they are no request, or not enough to tell.
bool Server::settle_tls(Connection& connection, std::string_view bytes) {
  if (connection.socket.is_tls()) return false;
  const bool is_hello = bytes.front() == tls_handshake;
  if (is_hello && keys_.clients()) {
    begin_tls(connection, bytes);
  } else if (is_hello) {
    log_.debug("a client wants TLS, which is off", {{"address", connection.address.to_string()}});
    end_input(connection);
    say(connection, no_tls_alert);
  } else if (keys_.clients_only()) {
    refuse_plain(connection, bytes);
  } else {
    return false;
  }
  return true;
}

// A browser is closed without a word, as where plain lines are spoken.
void Server::refuse_plain(Connection& connection, std::string_view bytes) {
  if (wire::is_foreign(bytes)) return disconnect(connection);
  if (wire::may_become_foreign(bytes)) return keep(connection, bytes);
  refuse(connection, ErrorCode::unauthenticated, tls_only(bytes.front() == '*'));
}

void Server::begin_tls(Connection& connection, std::string_view bytes) {
  connection.socket.begin_tls(keys_.clients(), bytes);
  connection.half_line_since = loop_.now();
  arm(connection);
  list_handshake(connection);
}

// Who has been answered goes before those who just came, or of many nobody would be through.
void Server::list_handshake(Connection& connection) {
  if (std::exchange(connection.work_listed, true)) return;
  (connection.handshake == 0 ? to_greet_ : to_work_).add(connection.id);
}

// A step forward in every turn, as of what else is left over.
void Server::greet_listed() {
  while (!to_greet_.empty()) {
    if (Connection* connection = connections_.find(to_greet_.take())) go_on(*connection);
    if (loop_.budget_is_spent()) return;
  }
}

void Server::count_handshake(Connection& connection) {
  if (connection.handshake != 0 || !connection.socket.has_answered_hello()) return;
  connection.handshake = handshakes_.begin(connection.id);
  if (handshakes_.are_too_many()) disconnect(*connections_.find(handshakes_.oldest()));
}

void Server::end_handshake(Connection& connection) {
  if (connection.handshake != 0) handshakes_.end(std::exchange(connection.handshake, 0));
}

void Server::shake_hands(Connection& connection) {
  error_code error;
  if (connection.socket.shake_hands(error)) {
    end_handshake(connection);
    connection.half_line_since = never;
    if (std::exchange(connection.write_waiting, false)) list_output(connection);
    identify(connection);
    return read(connection);
  }
  if (error == boost::asio::error::would_block) return count_handshake(connection);
  log_.debug("no TLS with a client", {{"address", connection.address.to_string()},
                                      {"reason", connection.socket.trouble()}});
  disconnect(connection);
}

// Its certificate is as good as AUTH.
void Server::identify(Connection& connection) {
  const std::optional<std::string> user = connection.socket.certified_user();
  if (!user) return;
  step(node::Identified{connection.id, *user});
  note_known(connection);
  const bool is_known = !node_.user_of(connection.id).empty();
  log_.debug("a certificate names a user",
             {{"address", connection.address.to_string()}, {"user", *user}, {"known", is_known}});
}

// A record that has begun has to end some time, like a line. One without a request in it may have
// ended just now.
void Server::await_record(Connection& connection) {
  const bool half = connection.socket.is_midway() || !connection.unstepped().empty();
  connection.half_line_since = half ? std::min(connection.half_line_since, loop_.now()) : never;
  arm(connection);
  wait_readable(connection);
}

}  // namespace pawl::server

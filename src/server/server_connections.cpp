// SPDX-License-Identifier: Apache-2.0
//
// The server's way with sockets: coming, ready, overdue and going.
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>

#include "server/refusals.hpp"
#include "server/server.hpp"

namespace pawl::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr Span longest_linger = 2s;
constexpr std::uint32_t most_discarded = 1'048'576;
// More get no line. They are among the descriptors that are reserved, of which the disk needs some.
constexpr std::uint32_t most_refused = 32;
constexpr Span peer_check = 1s;
// To one client, before others have their turn.
constexpr std::size_t most_written = 65'536;
constexpr Span get_known = 10s;

bool is_later(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::interrupted;
}

// What a client sends and what it does not read lies in the kernel, too, and that would lend each
// several MiB.
void bound_kernel_buffers(Socket& socket) {
  constexpr int of_input = 32'768;
  constexpr int of_output = 65'536;
  const int descriptor = socket.native_handle();
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &of_input, sizeof of_input);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &of_output, sizeof of_output);
}

// Keeps the moment since when `state` has held.
void since(Moment& moment, bool state, Moment now) {
  moment = state ? std::min(moment, now) : never;
}

}  // namespace

void Server::on_accepted(Socket socket, const asio::ip::tcp::endpoint& from) {
  loop_.read_time();
  const asio::ip::address address = plain_address(from.address());
  const Admission::Verdict verdict = admission_.admit(address, limits_);
  const bool admitted = verdict == Admission::Verdict::admitted;
  if (!admitted) counts_.count(ErrorCode::limit);
  if (!admitted && refused_ == most_refused) return;
  bound_kernel_buffers(socket);
  Connection& connection =
      connections_.add(std::make_unique<Connection>(std::move(socket), address));
  connection.admitted = admitted;
  if (admitted) ++counts_.connections;
  if (!admitted) ++refused_;
  if (!watch(connection)) return remove(connection);
  if (admitted) {
    const std::string text = format_endpoint(from);
    step(node::Connected{connection.id, text});
    if (access_.is_on() && access_.anonymous.empty()) connection.known_by = loop_.now() + get_known;
    wait_readable(connection);
    arm(connection);
    return;
  }
  connection.state = Connection::State::ending;
  say(connection, not_admitted(verdict));
}

bool Server::watch(const Connection& connection) {
  const bool watched = loop_.readiness().add(connection.socket.descriptor(), connection.id);
  const int error_number = errno;
  if (!std::exchange(said_unwatched_, !watched) && !watched) {
    log_.error("clients are turned away: the kernel watches no more sockets",
               {{"reason", std::system_category().message(error_number)}});
  }
  return watched;
}

void Server::wait_readable(Connection& connection) {
  if (std::exchange(connection.read_waiting, true)) return;
  if (connection.socket.may_read()) loop_.readiness().tell_again(connection.id);
}

// The loop has just read the time.
void Server::on_edge(const Readiness::Edge& edge) {
  Connection* connection = connections_.find(edge.id);
  if (connection == nullptr) return;
  connection->socket.note(edge);
  if (connection->socket.is_handshaking()) return list_handshake(*connection);
  if (connection->write_waiting && connection->socket.may_write()) {
    connection->write_waiting = false;
    list_output(*connection);
  }
  if (connection->read_waiting && connection->socket.may_read()) on_readable(*connection);
}

void Server::on_readable(Connection& connection) {
  connection.read_waiting = false;
  switch (connection.state) {
    case Connection::State::open: return read(connection);
    case Connection::State::ending: return;
    case Connection::State::lingering: return discard(connection);
  }
}

void Server::read(Connection& connection) {
  const std::string_view kept = connection.unstepped();
  connection.just_read = true;
  std::copy(kept.begin(), kept.end(), buffer_.begin());
  error_code error;
  const std::size_t bytes =
      connection.socket.read_some(std::span(buffer_).subspan(kept.size()), error);
  if (!error) {
    const std::string_view there{buffer_.data(), kept.size() + bytes};
    if (connection.at_first_byte && settle_tls(connection, there)) return;
    work(connection, there);
  } else if (is_later(error)) {
    await_record(connection);
  } else if (error == asio::error::eof) {
    connection.at_end = true;
    end_input(connection);
    keep(connection, {});
  } else {
    disconnect(connection);
  }
}

// Once per turn and connection, after all its steps; also decides what follows from being written.
void Server::write(Connection& connection) {
  connection.output_listed = false;
  if (connection.state == Connection::State::lingering) return;
  if (connection.unheard && connection.state == Connection::State::open) {
    refuse(connection, ErrorCode::limit, unread_output(limits_of(connection).unread_output));
  }
  const bool no_line = connection.socket.is_handshaking();
  bool broken = connection.overrun || (no_line && connection.state == Connection::State::ending);
  if (!broken) write_ready(connection, most_written, broken);
  if (broken) return disconnect(connection);
  unread_.count(connection.counted, connection.outbox.unread_bytes());
  const bool empty = connection.outbox.ready_bytes() == 0;
  const bool ending = connection.state == Connection::State::ending;
  if (empty && ending && connection.outbox.settled()) return finish(connection);
  if (empty && !connection.outbox.wants_storage()) {
    spares_.give(connection.outbox.take_storage());
  }
  since(connection.stuck_since, !empty && (ending || unread_.is_too_much()), loop_.now());
  since(connection.overfull_since,
        connection.outbox.ready_bytes() > limits_of(connection).unread_output, loop_.now());
  if (!empty && !connection.write_waiting) list_output(connection);
  if (connection.blocked && may_step(connection)) list_work(connection);
  go_on_relaying(connection);
  arm(connection);
}

void Server::write_ready(Connection& connection, std::size_t most, bool& broken) {
  if (connection.outbox.ready_bytes() == 0 || connection.write_waiting) return;
  error_code error;
  const std::string_view piece = connection.outbox.ready().substr(0, most);
  const std::size_t bytes = connection.socket.write_some(piece, error);
  if (error && !is_later(error)) {
    broken = true;
    return;
  }
  connection.outbox.consume(bytes);
  if (bytes != 0) connection.stuck_since = never;
  connection.write_waiting = bytes != piece.size();
}

void Server::arm(Connection& connection) {
  const Moment deadline = connection.deadline(limits_of(connection));
  if (deadline >= connection.armed) return;
  connection.armed = deadline;
  deadlines_.add(deadline, connection.id);
}

void Server::look_at_due() {
  while (const auto entry = deadlines_.take_due(loop_.now())) {
    Connection* connection = connections_.find(entry->connection);
    if (connection == nullptr || connection->armed != entry->when) continue;
    connection->armed = never;
    look_at(*connection);
    if (loop_.budget_is_spent()) return;  // those left are due again at once
  }
}

void Server::look_at(Connection& connection) {
  const Moment now = loop_.now();
  if (connection.look_at <= now) {
    connection.look_at = now + peer_check;
    if (connection.put_off) {
      list_work(connection);
    } else if (connection.socket.peer_finished()) {
      connection.peer_finished = true;
      connection.look_at = never;
      list_work(connection);
    }
  }
  const bool may_be_stuck = connection.state == Connection::State::ending || unread_.is_too_much();
  if (!may_be_stuck) connection.stuck_since = never;
  if (connection.deadline(limits_of(connection)) > now) return arm(connection);
  if (connection.state == Connection::State::lingering) {
    remove(connection);
  } else {
    log_.debug("closing a connection that does not read or write on",
               {{"address", connection.address.to_string()}});
    disconnect(connection);
  }
}

// Clients read too little: those who hold some of it and were not known to are looked at.
void Server::look_for_stuck() {
  connections_.for_each([this](Connection& connection) {
    const bool holds = connection.outbox.ready_bytes() != 0;
    if (holds && connection.stuck_since == never) list_output(connection);
  });
}

// Everything due has been sent. What the client still sends is read until it closes, or its kernel
// would drop our last line on the reset that unread input causes.
void Server::finish(Connection& connection) {
  if (connection.at_end || draining_) return disconnect(connection);
  connection.socket.finish_output();
  connection.overfull_since = never;
  connection.stuck_since = never;
  connection.linger_until = loop_.now() + longest_linger;
  connection.state = Connection::State::lingering;
  spares_.give(connection.outbox.take_storage());
  wait_readable(connection);
  arm(connection);
  if (connection.admitted) step(node::Disconnected{connection.id, connection.cause});
}

void Server::discard(Connection& connection) {
  error_code error;
  const std::size_t bytes = connection.socket.read_some(buffer_, error);
  connection.discarded += static_cast<std::uint32_t>(bytes);
  if ((error && !is_later(error)) || connection.discarded > most_discarded) {
    remove(connection);
  } else {
    wait_readable(connection);
  }
}

void Server::disconnect(Connection& connection) {
  const bool known = connection.admitted && connection.state != Connection::State::lingering;
  const node::Disconnected event{connection.id, connection.cause};
  if (draining_) {
    error_code error;
    connection.socket.finish_output();
    static_cast<void>(connection.socket.read_some(buffer_, error));
  }
  remove(connection);
  if (known) step(event);
}

void Server::remove(Connection& connection) {
  if (audit_.awaits_answers()) audit_.gone(connection.id);
  if (connection.admitted) {
    admission_.release(connection.address);
  } else {
    --refused_;
  }
  unread_.count(connection.counted, 0);
  end_handshake(connection);
  connection.socket.close();
  connections_.remove(connection.id);
}

}  // namespace pawl::server

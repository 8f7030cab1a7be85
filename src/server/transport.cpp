// SPDX-License-Identifier: Apache-2.0
#include "server/transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>

namespace pawl::server {
namespace {

void set_option(int descriptor, int level, int option, int value) {
  // A refusal costs latency or a late discovery of a dead peer, not correctness.
  static_cast<void>(::setsockopt(descriptor, level, option, &value, sizeof(value)));
}

}  // namespace

void prepare(Socket& socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  const int descriptor = socket.native_handle();
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 6);
}

Transport::Transport(Socket socket) : socket_(std::move(socket)) { prepare(socket_); }

void Transport::watch_closely(Milliseconds most_unacknowledged) {
  const int descriptor = socket_.native_handle();
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 3);
  const auto span = static_cast<int>(most_unacknowledged.count());
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, span);
}

std::size_t Transport::read_some(std::span<char> into, boost::system::error_code& error) {
  return socket_.read_some(boost::asio::buffer(into.data(), into.size()), error);
}

std::size_t Transport::write_some(std::string_view bytes, boost::system::error_code& error) {
  return socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
}

void Transport::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace pawl::server

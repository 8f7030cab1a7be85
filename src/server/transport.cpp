// SPDX-License-Identifier: Apache-2.0
#include "server/transport.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>

namespace pawl::server {

using boost::system::error_code;

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

void Transport::begin_tls(tls::ContextPtr context, tls::Side side) {
  tls::Carrier& self = *this;
  channel_ = std::make_unique<tls::Channel>(std::move(context), side, self);
}

bool Transport::shake_hands(error_code& error) { return channel_->shake_hands(error); }

const X509* Transport::certificate() const { return channel_ ? channel_->certificate() : nullptr; }

std::string_view Transport::trouble() const {
  return channel_ ? std::string_view(channel_->trouble()) : std::string_view();
}

std::size_t Transport::read_some(std::span<char> into, error_code& error) {
  return channel_ ? channel_->read_some(into, error) : receive(into, error);
}

std::size_t Transport::write_some(std::string_view bytes, error_code& error) {
  return channel_ ? channel_->write_some(bytes, error) : transmit(bytes, error);
}

void Transport::write_plain(std::string_view bytes) {
  error_code ignored;
  transmit(bytes, ignored);
}

std::size_t Transport::receive(std::span<char> into, error_code& error) {
  const std::size_t size = socket_.read_some(boost::asio::buffer(into.data(), into.size()), error);
  is_drained_ = size < into.size();
  return size;
}

std::size_t Transport::transmit(std::string_view bytes, error_code& error) {
  return socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
}

void Transport::finish_output() {
  if (channel_) channel_->finish();
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Transport::close() {
  if (channel_ && socket_.is_open()) channel_->finish();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace pawl::server

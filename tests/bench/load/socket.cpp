// SPDX-License-Identifier: Apache-2.0
#include "load/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace pawl::bench {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

Socket Socket::connect(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.descriptor_ < 0) fail("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are addressed
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.descriptor_, generic, sizeof address) != 0) fail("connect");
  const int on = 1;
  setsockopt(socket.descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

Socket::Socket(Socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), ssl_(std::move(other.ssl_)) {}

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(ssl_, other.ssl_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

void Socket::send_all(std::string_view bytes) const {
  if (ssl_) return send_records(bytes);
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) fail("send");
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t Socket::receive(char* to, std::size_t room) const {
  if (ssl_) return receive_records(to, room);
  const ssize_t received = recv(descriptor_, to, room, MSG_DONTWAIT);
  if (received == 0) throw std::runtime_error("the server closed a connection");
  if (received > 0) return static_cast<std::size_t>(received);
  if (errno != EAGAIN && errno != EINTR) fail("recv");
  return 0;
}

std::string Socket::read_line() const {
  std::string line;
  char next = 0;
  while (next != '\n') {
    const ssize_t received = recv(descriptor_, &next, 1, 0);
    if (received == 0) throw std::runtime_error("the server closed a connection");
    if (received < 0 && errno != EINTR) fail("recv");
    if (received > 0) line += next;
  }
  return line;
}

void Socket::begin_tls() {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  ssl_.reset(SSL_new(context));
  SSL_CTX_free(context);  // the connection keeps it
  SSL_set_fd(ssl_.get(), descriptor_);
  SSL_set_read_ahead(ssl_.get(), 1);
  if (SSL_connect(ssl_.get()) != 1) throw std::runtime_error("no TLS with the server");
  fcntl(descriptor_, F_SETFL, O_NONBLOCK);
}

void Socket::wait(short events) const {
  pollfd asked{descriptor_, events, 0};
  poll(&asked, 1, -1);
}

void Socket::send_records(std::string_view bytes) const {
  std::size_t sent = 0;
  while (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) != 1) {
    if (SSL_get_error(ssl_.get(), 0) != SSL_ERROR_WANT_WRITE) fail("SSL_write");
    wait(POLLOUT);
  }
}

// All of them: what stays inside makes nothing readable.
std::size_t Socket::receive_records(char* to, std::size_t room) const {
  std::size_t total = 0;
  std::size_t received = 0;
  while (total < room && SSL_read_ex(ssl_.get(), to + total, room - total, &received) == 1) {
    total += received;
    if (SSL_has_pending(ssl_.get()) == 0) return total;
  }
  if (total != 0 || SSL_get_error(ssl_.get(), 0) == SSL_ERROR_WANT_READ) return total;
  throw std::runtime_error("the server closed a connection");
}

void Socket::reset_at_close() const {
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace pawl::bench

// SPDX-License-Identifier: Apache-2.0
#include "cluster/wire.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace pawl::testing {

Wire::Wire(const Address& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(address.port);
  ::inet_pton(AF_INET, address.host.c_str(), &there.sin_addr);
  // Of connect(), too: nobody answers where packets are dropped.
  const timeval most{0, 500'000};
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  const auto* generic = reinterpret_cast<const sockaddr*>(&there);
  open_ = ::connect(socket_, generic, sizeof there) == 0;
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (open_ && !address.ca.empty()) secure(address.ca);
}

void Wire::secure(const std::string& ca) {
  const timeval most{1, 0};  // of a node that does not answer
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  context_ = trust_in(ca);
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), socket_);
  open_ = SSL_connect(ssl_.get()) == 1;
  if (!send(greeting)) return;
  const auto reply = read_line(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  open_ = open_ && reply == greeted;
}

Wire::~Wire() { ::close(socket_); }

bool Wire::send(std::string_view line) {
  if (!open_) return false;
  const std::string bytes = std::string(line) + '\n';
  if (ssl_) {
    std::size_t written = 0;
    open_ = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1;
    return open_;
  }
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  open_ = sent == static_cast<ssize_t>(bytes.size());
  return open_;
}

bool Wire::is_readable(TimePoint until) const {
  if (ssl_ && SSL_pending(ssl_.get()) > 0) return true;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd readable{socket_, POLLIN, 0};
  return ::poll(&readable, 1, std::max(0, static_cast<int>(left.count()))) == 1;
}

std::optional<std::string> Wire::read_line(TimePoint until) {
  std::size_t end = 0;
  while ((end = input_.find('\n')) == std::string::npos) {
    if (!open_) return std::nullopt;
    if (!is_readable(until)) return std::nullopt;
    char bytes[16'384];
    // The timeout of a record that came in part ends the connection, too.
    const ssize_t count =
        ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes) : ::recv(socket_, bytes, sizeof bytes, 0);
    open_ = count > 0;
    if (open_) input_.append(bytes, static_cast<std::size_t>(count));
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  return line;
}

}  // namespace pawl::testing

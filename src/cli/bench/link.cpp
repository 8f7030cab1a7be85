// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/link.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace pawl::cli::bench {

void Link::ask(std::string_view line, What what, std::uint32_t slot) {
  output_.append(line);
  asked_.push({what, slot, now_});
  ++unsent_;
}

void Link::ask(std::string_view head, std::uint64_t number, What what, std::uint32_t slot) {
  char digits[24];
  char* end = std::to_chars(digits, digits + sizeof digits - 1, number).ptr;
  *end++ = '\n';
  output_.append(head).append(digits, end);
  asked_.push({what, slot, now_});
  ++unsent_;
}

int Link::connect(const boost::asio::ip::tcp::endpoint& endpoint) {
  descriptor_ = socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return errno;
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto size = static_cast<socklen_t>(endpoint.size());
  if (::connect(descriptor_, endpoint.data(), size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    close();
    return error;
  }
  state_ = State::connecting;
  return 0;
}

int Link::finish_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) state_ = State::open;
  return error;
}

void Link::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  state_ = State::closed;
  asked_.clear();
  unsent_ = 0;
  output_.clear();
  kept_.clear();
}

int Link::flush() {
  if (output_.empty()) return 0;
  const ssize_t sent = ::send(descriptor_, output_.data(), output_.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR ? 0 : errno;
  output_.erase(0, static_cast<std::size_t>(sent));
  unsent_ = 0;
  return 0;
}

Asked Link::take_asked() {
  const Asked asked = asked_.front();
  asked_.pop();
  return asked;
}

}  // namespace pawl::cli::bench

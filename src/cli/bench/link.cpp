// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/link.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
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
  tls_.reset();
  wants_to_write_ = false;
}

int Link::secure(SSL_CTX* context, const std::string& host) {
  tls_ = std::make_unique<Tls>();
  tls_->ssl.reset(SSL_new(context));
  tls_->expected.host = host;
  SSL* ssl = tls_->ssl.get();
  if (ssl == nullptr || SSL_set_fd(ssl, descriptor_) != 1) return ENOMEM;
  // What could not be written is tried again from wherever it is by then.
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  client::expect(ssl, tls_->expected);
  state_ = State::securing;
  return shake_hands();
}

int Link::shake_hands() {
  const int result = SSL_connect(tls_->ssl.get());
  if (result == 1) state_ = State::open;
  return awaits(result);
}

// 0 where it succeeded or is to be tried again.
int Link::awaits(int result) {
  const int problem = SSL_get_error(tls_->ssl.get(), result);
  wants_to_write_ = problem == SSL_ERROR_WANT_WRITE;
  ERR_clear_error();
  const bool goes_on = problem == SSL_ERROR_NONE || problem == SSL_ERROR_WANT_READ;
  return goes_on || wants_to_write_ ? 0 : ECONNRESET;
}

ssize_t Link::receive(char* into, std::size_t room) {
  if (!tls_) return recv(descriptor_, into, room, 0);
  const int size = SSL_read(tls_->ssl.get(), into, static_cast<int>(room));
  if (size > 0) return size;
  const bool has_ended = SSL_get_error(tls_->ssl.get(), size) == SSL_ERROR_ZERO_RETURN;
  errno = awaits(size) == 0 ? EAGAIN : ECONNRESET;
  return has_ended ? 0 : -1;
}

int Link::flush() {
  if (output_.empty()) return 0;
  if (tls_) {
    const int size = SSL_write(tls_->ssl.get(), output_.data(), static_cast<int>(output_.size()));
    if (size <= 0) return awaits(size);
    output_.erase(0, static_cast<std::size_t>(size));
    unsent_ = 0;
    return 0;
  }
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

// SPDX-License-Identifier: Apache-2.0
#include "line_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <utility>

namespace pawl::test {
namespace {

constexpr int deadline_ms = 20'000;  // never reached unless the test fails

}  // namespace

LineClient::LineClient(std::uint16_t port, int receive_buffer)
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  REQUIRE(descriptor_ >= 0);
  if (receive_buffer != 0) {
    REQUIRE(::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                         sizeof(receive_buffer)) == 0);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) ==
          0);
}

LineClient::LineClient(LineClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), read_(std::move(other.read_)) {}

LineClient::~LineClient() { close(); }

void LineClient::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void LineClient::wait(short events) const {
  pollfd asked{descriptor_, events, 0};
  REQUIRE(::poll(&asked, 1, deadline_ms) == 1);
}

long LineClient::send_some(std::string_view text) {
  const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 && errno == EAGAIN ? 0 : sent;
}

void LineClient::send(std::string_view text) {
  while (!text.empty()) {
    wait(POLLOUT);
    const long sent = send_some(text);
    REQUIRE(sent >= 0);
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void LineClient::finish_output() { ::shutdown(descriptor_, SHUT_WR); }

std::optional<std::string> LineClient::line() {
  for (;;) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    wait(POLLIN);
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    REQUIRE(got >= 0);
    if (got == 0) {
      CHECK(read_.empty());
      return std::nullopt;
    }
    read_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

std::string LineClient::ask(std::string_view request) {
  send(std::string(request) + "\n");
  return line().value_or("closed");
}

bool LineClient::is_closed() {
  if (!read_.empty()) return false;
  wait(POLLIN);
  char byte = 0;
  const ssize_t got = ::recv(descriptor_, &byte, 1, 0);
  if (got > 0) read_ += byte;
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

bool LineClient::has_news() const {
  pollfd asked{descriptor_, POLLIN, 0};
  return !read_.empty() || ::poll(&asked, 1, 0) == 1;
}

void LineClient::read_to_end() const {
  std::array<char, 4096> bytes{};
  do {
    wait(POLLIN);
  } while (::recv(descriptor_, bytes.data(), bytes.size(), 0) > 0);
}

void LineClient::wait_writable() const { wait(POLLOUT); }

}  // namespace pawl::test

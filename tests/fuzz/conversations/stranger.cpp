// SPDX-License-Identifier: Apache-2.0
#include "stranger.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/ensure.hpp"
#include "client/reply_line.hpp"
#include "fuzz/asking.hpp"
#include "fuzz/draws.hpp"
#include "fuzz/resp_value.hpp"

namespace pawl::fuzz {
namespace {

bool one_in(std::mt19937_64& random, std::uint64_t count) { return random() % count == 0; }

}  // namespace

Stranger::Stranger(Stranger&& other) noexcept
    : port_(other.port_), socket_(std::exchange(other.socket_, -1)) {}

void Stranger::act(std::mt19937_64& random) {
  if (socket_ < 0) return connect(random);
  switch (random() % 16) {
    case 0:
      if (one_in(random, 8)) return one_in(random, 2) ? close() : reset();
      return;
    case 1:
      if (one_in(random, 16) && !std::exchange(finished_, true)) ::shutdown(socket_, SHUT_WR);
      return;
    case 2:
      if (one_in(random, 8)) reads_ = !reads_;
      return;
    case 3:
    case 4:
    case 5: return read();
    default: say(random);
  }
}

void Stranger::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

// Without a word: what was sent and not read yet is lost on both sides.
void Stranger::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void Stranger::connect(std::mt19937_64& random) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  ensure(socket_ >= 0);
  // Under way is as good as done: what cannot be sent yet is sent later.
  static_cast<void>(
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  speaks_resp_ = one_in(random, 4);
  reads_ = !one_in(random, 16);
  finished_ = false;
  at_first_byte_ = true;
  to_send_.clear();
  read_.clear();
  ++connections_;
  if (speaks_resp_) to_send_ = "*1\r\n$4\r\nPING\r\n";
}

void Stranger::say(std::mt19937_64& random) {
  if (finished_) return;
  std::array<std::uint8_t, 64> bytes{};
  std::generate(bytes.begin(), bytes.end(),
                [&random] { return static_cast<std::uint8_t>(random()); });
  Draws draws(bytes.data(), bytes.size());
  Asking asking(draws, newest_token_);
  if (to_send_.size() < 65'536) to_send_ += speaks_resp_ ? asking.command() : asking.line();
  if (one_in(random, 64)) to_send_ += std::string(random() % 20'000, 'x');
  // Often in the midst of a request.
  if (one_in(random, 3) && to_send_.size() > 1) {
    const std::string rest = to_send_.substr(to_send_.size() / 2);
    to_send_.resize(to_send_.size() / 2);
    send();
    to_send_ += rest;
  } else {
    send();
  }
}

void Stranger::send() {
  const ssize_t sent = ::send(socket_, to_send_.data(), to_send_.size(), MSG_NOSIGNAL);
  if (sent <= 0) return;
  // A line that begins so is taken for RESP as well.
  if (std::exchange(at_first_byte_, false)) speaks_resp_ = to_send_.front() == '*';
  to_send_.erase(0, static_cast<std::size_t>(sent));
}

void Stranger::read() {
  if (!reads_) return;
  std::vector<char> block(65'536);
  const ssize_t size = ::recv(socket_, block.data(), block.size(), 0);
  if (size == 0) return close();
  if (size > 0) look_at({block.data(), static_cast<std::size_t>(size)});
}

void Stranger::look_at(std::string_view bytes) {
  read_ += bytes;
  std::string_view rest = read_;
  for (std::string_view before = rest; !rest.empty(); before = rest, ++replies_) {
    if (speaks_resp_) {
      if (!take_resp_value(rest)) {
        rest = before;
        break;
      }
      continue;
    }
    const std::size_t end = rest.find('\n');
    if (end == rest.npos) break;
    const auto reply = client::parse_reply_line(rest.substr(0, end));
    ensure(reply.has_value());
    newest_token_ = std::max(newest_token_, reply->number("token").value_or(0));
    rest.remove_prefix(end + 1);
  }
  read_.erase(0, read_.size() - rest.size());
}

}  // namespace pawl::fuzz

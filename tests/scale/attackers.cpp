// SPDX-License-Identifier: Apache-2.0
#include "scale/attackers.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "tls/hello.hpp"

namespace pawl::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto tick = 10ms;
constexpr std::size_t ticks_of_a_second = 100;
// New connections of a tick: ten thousand are there within a second.
constexpr std::size_t most_comers = 100;
constexpr std::size_t piece = 16'384;

int new_socket(int from) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (made < 0) throw std::runtime_error("no socket: are there enough descriptors?");
  const int on = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const linger reset{1, 0};
  setsockopt(made, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  // What waits in the kernel is to wait on the server's side.
  const int buffer = 16'384;
  setsockopt(made, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  setsockopt(made, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  // An address of their own: the ports of another are not used up.
  setsockopt(made, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (static_cast<std::uint32_t>(from) << 8U));
  if (bind(made, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0) {
    throw std::runtime_error("cannot bind to an address of 127.0.0.0/8");
  }
  return made;
}

void append_random_bytes(std::mt19937_64& random, std::string& out) {
  for (std::size_t i = 0; i < piece / sizeof(std::uint64_t); ++i) {
    const std::uint64_t bytes = random();
    out.append(reinterpret_cast<const char*>(&bytes), sizeof bytes);
  }
}

void append_random_words(std::mt19937_64& random, std::string& out) {
  const std::size_t end = out.size() + piece;
  while (out.size() < end) {
    const std::uint64_t word = random();
    out += static_cast<char>(' ' + word % 95);
    if (word >> 58U == 0) out += '\n';
  }
}

void append_no_commands(std::mt19937_64& random, std::string& out) {
  const std::size_t end = out.size() + piece;
  while (out.size() < end) {
    const std::size_t size = random() % 64;
    out += "*2\r\n$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n$";
    out += std::to_string(random()) + "\r\n";
  }
}

}  // namespace

Manner slow_senders(std::size_t connections) {
  const auto text = [](std::size_t, std::mt19937_64&, std::string& out) { out += "LOCK slow"; };
  return {.connections = connections, .text = text, .one_byte_a_second = true, .from = 2};
}

Manner stopped_handshakes(std::size_t connections) {
  const auto text = [](std::size_t, std::mt19937_64&, std::string& out) {
    out += std::string("\x16\x03\x03\x40\x00", 5) + std::string(1'000, 'x');
  };
  return {.connections = connections,
          .text = text,
          .one_byte_a_second = true,
          .first = tls_hello(),
          .from = 5};
}

Manner never_readers(std::size_t connections) {
  const auto text = [](std::size_t connection, std::mt19937_64&, std::string& out) {
    for (int i = 0; i < 64; ++i) out += connection % 2 == 0 ? "HELP\n" : "LIST limit=1000\n";
  };
  return {.connections = connections, .text = text, .reads = false, .from = 3};
}

Manner garbage(std::size_t connections) {
  const auto text = [](std::size_t connection, std::mt19937_64& random, std::string& out) {
    switch (connection % 4) {
      case 0: return append_random_bytes(random, out);
      case 1: return append_random_words(random, out);
      case 2: return append_no_commands(random, out);
      default: out.append(piece, 'x'); return;
    }
  };
  return {.connections = connections, .text = text, .from = 4};
}

Attackers::Attackers(std::uint16_t port, Manner manner)
    : port_(port),
      manner_(std::move(manner)),
      poll_(epoll_create1(EPOLL_CLOEXEC)),
      random_(manner_.connections),
      peers_(manner_.connections),
      thread_([this] { run(); }) {}

Attackers::~Attackers() {
  stop();
  close(poll_);
}

void Attackers::stop() {
  stopped_ = true;
  if (thread_.joinable()) thread_.join();
  for (Peer& peer : peers_) {
    if (peer.socket >= 0) close(std::exchange(peer.socket, -1));
  }
}

void Attackers::run() {
  const sched_param none{};
  sched_setscheduler(0, manner_.one_byte_a_second ? SCHED_OTHER : SCHED_IDLE, &none);
  std::array<epoll_event, 256> events{};
  std::size_t next = 0;
  for (auto due = Clock::now(); !stopped_;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    const int span = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    const int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), span);
    for (int at = 0; at < ready; ++at) {
      on_event(events[static_cast<std::size_t>(at)].data.u64,
               events[static_cast<std::size_t>(at)].events);
    }
    if (Clock::now() < due) continue;
    due = std::max(due + tick, Clock::now());
    std::size_t comers = 0;
    for (std::size_t i = 0; i < peers_.size() && comers < most_comers; ++i, ++next) {
      if (peers_[next % peers_.size()].socket >= 0) continue;
      come(next % peers_.size());
      ++comers;
    }
    if (manner_.one_byte_a_second) send_a_byte_each();
  }
}

void Attackers::come(std::size_t number) {
  Peer& peer = peers_[number];
  peer = {};
  peer.socket = new_socket(manner_.from);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool done =
      connect(peer.socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (!done && errno != EINPROGRESS) return void(close(std::exchange(peer.socket, -1)));
  watch(number, EPOLL_CTL_ADD);
}

void Attackers::go(Peer& peer) {
  if (peer.is_connected) ++closed_;
  close(std::exchange(peer.socket, -1));
}

void Attackers::watch(std::size_t number, int operation) const {
  const Peer& peer = peers_[number];
  const bool writes = !peer.is_connected || !manner_.one_byte_a_second;
  epoll_event event{};
  event.events = EPOLLRDHUP | (manner_.reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U);
  event.data.u64 = number;
  epoll_ctl(poll_, operation, peer.socket, &event);
}

void Attackers::on_event(std::size_t number, std::uint32_t events) {
  Peer& peer = peers_[number];
  if (peer.socket < 0) return;
  if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) return go(peer);
  if ((events & EPOLLIN) != 0) {
    std::array<char, 65'536> bytes;
    if (recv(peer.socket, bytes.data(), bytes.size(), 0) == 0) return go(peer);
  }
  if ((events & EPOLLOUT) == 0) return;
  if (!std::exchange(peer.is_connected, true)) {
    ++connected_;
    watch(number, EPOLL_CTL_MOD);
    const std::string& first = manner_.first;
    if (!first.empty()) ::send(peer.socket, first.data(), first.size(), MSG_NOSIGNAL);
  }
  if (!manner_.one_byte_a_second) write(number, piece);
}

void Attackers::write(std::size_t number, std::size_t most) {
  Peer& peer = peers_[number];
  if (peer.sent == peer.text.size()) {
    peer.text.clear();
    peer.sent = 0;
    manner_.text(number, random_, peer.text);
  }
  const std::size_t size = std::min(most, peer.text.size() - peer.sent);
  const ssize_t sent = ::send(peer.socket, &peer.text[peer.sent], size, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return go(peer);
  if (sent < 0) return;
  peer.sent += static_cast<std::size_t>(sent);
  bytes_ += static_cast<std::uint64_t>(sent);
}

void Attackers::send_a_byte_each() {
  const std::size_t share = (peers_.size() + ticks_of_a_second - 1) / ticks_of_a_second;
  for (std::size_t i = 0; i < share; ++i) {
    const std::size_t number = next_to_send_++ % peers_.size();
    if (peers_[number].is_connected && peers_[number].socket >= 0) write(number, 1);
  }
}

}  // namespace pawl::testing

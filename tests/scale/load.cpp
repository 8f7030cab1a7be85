// SPDX-License-Identifier: Apache-2.0
#include "scale/load.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace pawl::testing {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto longest_script = 60s;
constexpr std::size_t opened_at_once = 64;  // well below what a listener queues
constexpr std::size_t connections_of_address = 8'192;

}  // namespace

int connect_to(std::uint16_t port, int receive_buffer, std::uint8_t from) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) throw std::runtime_error("no socket: are there enough descriptors?");
  if (receive_buffer != 0) {
    setsockopt(made, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const linger reset{1, 0};
  setsockopt(made, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  setsockopt(made, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + from);
  bind(made, reinterpret_cast<const sockaddr*>(&own), sizeof own);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(made);
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
  fcntl(made, F_SETFL, O_NONBLOCK);
  return made;
}

void raise_descriptor_limit(std::size_t connections) {
  const rlim_t needed = connections + 100;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  if (limit.rlim_cur < needed || setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::runtime_error("needs " + std::to_string(needed) + " descriptors: ulimit -Hn says " +
                             std::to_string(limit.rlim_max));
  }
}

void append_number(std::string& out, std::size_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

Load::Load(std::uint16_t port, int receive_buffer)
    : port_(port), receive_buffer_(receive_buffer), poll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (poll_ < 0) throw std::runtime_error("no epoll");
}

Load::~Load() {
  for (const Peer& peer : peers_) close(peer.socket);
  close(poll_);
}

void Load::open(std::size_t connections) {
  const Script ping{1, [asked = std::vector<bool>(size() + connections)](std::size_t connection,
                                                                         std::string& out) mutable {
                      if (!asked[connection]) out += "PING\n";
                      asked[connection] = true;
                    }};
  while (connections != 0) {
    const std::size_t first = size();
    for (const std::size_t end = first + std::min(connections, opened_at_once); size() < end;) {
      const auto from = static_cast<std::uint8_t>(1 + size() / connections_of_address);
      peers_.emplace_back().socket = connect_to(port_, receive_buffer_, from);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = size() - 1;
      epoll_ctl(poll_, EPOLL_CTL_ADD, peers_.back().socket, &event);
    }
    connections -= size() - first;
    drive(ping, first, size());
  }
}

void Load::perform(const Script& script, std::size_t at_once) {
  for (std::size_t first = 0; first < size(); first += at_once) {
    drive(script, first, std::min(size(), first + at_once));
  }
}

void Load::drive(const Script& script, std::size_t first, std::size_t end) {
  const Clock::time_point until = Clock::now() + longest_script;
  std::size_t active = 0;
  for (std::size_t connection = first; connection < end; ++connection) {
    peers_[connection].at_end = false;
    advance(script, connection);
    if (!is_done(peers_[connection])) ++active;
  }
  std::array<epoll_event, 256> events{};
  while (active != 0) {
    if (Clock::now() > until) throw std::runtime_error("the load was not served in time");
    const int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 1000);
    for (int at = 0; at < ready; ++at) {
      const std::size_t connection = events[static_cast<std::size_t>(at)].data.u64;
      Peer& peer = peers_[connection];
      const bool was_done = is_done(peer);
      if (!read(peer)) throw std::runtime_error("the server closed a connection");
      advance(script, connection);
      if (!was_done && is_done(peer)) --active;
    }
  }
}

void Load::advance(const Script& script, std::size_t connection) {
  Peer& peer = peers_[connection];
  while (!peer.at_end && peer.due < script.window) {
    const std::size_t before = peer.output.size();
    script.next(connection, peer.output);
    const auto fresh = peer.output.begin() + static_cast<std::ptrdiff_t>(before);
    peer.due += static_cast<std::size_t>(std::count(fresh, peer.output.end(), '\n'));
    peer.at_end = peer.output.size() == before;
  }
  write(peer, connection);
}

void Load::write(Peer& peer, std::size_t connection) {
  while (peer.written < peer.output.size()) {
    const ssize_t sent = ::send(peer.socket, peer.output.data() + peer.written,
                                peer.output.size() - peer.written, MSG_NOSIGNAL);
    if (sent <= 0) break;
    peer.written += static_cast<std::size_t>(sent);
  }
  const bool waits = peer.written < peer.output.size();
  if (!waits) {
    peer.output.clear();
    peer.written = 0;
  }
  if (waits == peer.waits_to_write) return;
  peer.waits_to_write = waits;
  epoll_event event{};
  event.events = EPOLLIN | (waits ? EPOLLOUT : 0U);
  event.data.u64 = connection;
  epoll_ctl(poll_, EPOLL_CTL_MOD, peer.socket, &event);
}

// False: the server has closed.
bool Load::read(Peer& peer) {
  std::array<char, 65'536> bytes;
  const ssize_t count = recv(peer.socket, bytes.data(), bytes.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (count <= 0) return false;
  std::string_view rest(bytes.data(), static_cast<std::size_t>(count));
  for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
    peer.half_line += rest.substr(0, end);
    take_line(peer, peer.half_line);
    peer.half_line.clear();
    rest.remove_prefix(end + 1);
  }
  peer.half_line += rest;
  return true;
}

void Load::take_line(Peer& peer, std::string_view line) {
  if (line.starts_with("EVENT")) return;
  if (peer.due == 0) throw std::runtime_error("a reply nobody asked for: " + std::string(line));
  --peer.due;
  if (line.starts_with("OK")) return;
  if (refusals_++ == 0) first_refusal_ = line;
}

}  // namespace pawl::testing

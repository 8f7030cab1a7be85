// SPDX-License-Identifier: Apache-2.0
#include "run/proxy.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace pawl::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

Proxy::Proxy(std::uint16_t to)
    : to_(to), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, raw, length) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, raw, &length) != 0) {
    throw std::runtime_error("no port for the proxy");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { work(); });
}

Proxy::~Proxy() {
  over_ = true;
  thread_.join();
  for (const Wire& wire : wires_) close(wire.from);
  close(listener_);
}

void Proxy::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(to_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(server);
    return;
  }
  wires_.push_back({client, server});
  wires_.push_back({server, client});
}

void Proxy::work() {
  while (!over_) {
    std::vector<pollfd> events;
    for (const Wire& wire : wires_) events.push_back({wire.from, POLLIN, 0});
    events.push_back({listener_, POLLIN, 0});
    if (cut_) {
      poll(nullptr, 0, 5);
      continue;
    }
    if (poll(events.data(), events.size(), 5) <= 0) continue;
    for (std::size_t i = 0; i + 1 < events.size(); ++i) {
      if (events[i].revents == 0 || cut_) continue;
      char bytes[4096];
      const ssize_t count = recv(wires_[i].from, bytes, sizeof bytes, MSG_DONTWAIT);
      if (count > 0) {
        send(wires_[i].to, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
      } else if (count == 0) {
        shutdown(wires_[i].to, SHUT_WR);
        wires_[i].from = -wires_[i].from - 1;  // a negative descriptor is passed over by poll
      }
    }
    if (events.back().revents != 0) accept_one();
  }
  for (Wire& wire : wires_) {
    if (wire.from < 0) wire.from = -wire.from - 1;
  }
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include "cluster/ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <stdexcept>

namespace pawl::testing {
namespace {

constexpr unsigned lowest = 10'000;
constexpr unsigned highest = 65'535;

bool is_free(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  const bool bound = ::bind(socket, generic, sizeof address) == 0;
  ::close(socket);
  return bound;
}

}  // namespace

std::vector<std::uint16_t> free_ports(std::size_t count) {
  unsigned kernels_first = highest;
  unsigned kernels_last = highest;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> kernels_first >> kernels_last;
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<unsigned> draw(lowest, highest);
  std::vector<std::uint16_t> ports;
  for (int attempt = 0; ports.size() < count; ++attempt) {
    if (attempt == 10'000) throw std::runtime_error("no free ports");
    const unsigned port = draw(random);
    if (port >= kernels_first && port <= kernels_last) continue;
    const auto candidate = static_cast<std::uint16_t>(port);
    const bool is_known = std::find(ports.begin(), ports.end(), candidate) != ports.end();
    if (!is_known && is_free(candidate)) ports.push_back(candidate);
  }
  return ports;
}

}  // namespace pawl::testing

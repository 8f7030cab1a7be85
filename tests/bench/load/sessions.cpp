// SPDX-License-Identifier: Apache-2.0
#include "load/sessions.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "load/socket.hpp"

namespace pawl::bench {
namespace {

constexpr std::size_t at_once = 256;

}  // namespace

void open_sessions(const Dialect& dialect, std::uint16_t port, const Names& secrets,
                   std::chrono::milliseconds ttl) {
  for (std::size_t first = 0; first < secrets.size(); first += at_once) {
    std::vector<Socket> sockets;
    const std::size_t last = std::min(first + at_once, secrets.size());
    for (std::size_t i = first; i < last; ++i) {
      std::string request;
      dialect.append(request, {Op::open, secrets[i], 0, ttl});
      sockets.push_back(Socket::connect(port));
      sockets.back().reset_at_close();
      sockets.back().send_all(request);
    }
    for (const Socket& socket : sockets) {
      const auto reply = dialect.read(socket.read_line(), {Op::open});
      if (!reply || !reply->right) throw std::runtime_error("a session was not opened");
    }
  }
}

}  // namespace pawl::bench

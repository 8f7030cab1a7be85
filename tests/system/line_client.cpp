// SPDX-License-Identifier: Apache-2.0
#include "system/line_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "system/process.hpp"

namespace pawl::testing {

LineClient::LineClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(socket_);
    throw std::runtime_error("cannot connect to port " + std::to_string(port));
  }
}

LineClient::~LineClient() { close(socket_); }

void LineClient::send(std::string_view line) const {
  const std::string bytes = std::string(line) + "\n";
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(bytes.size())) throw std::runtime_error("cannot send");
}

std::string LineClient::read_line() {
  std::size_t end = 0;
  while ((end = input_.find('\n')) == std::string::npos) {
    await_input();
    char bytes[4096];
    const ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("the server closed");
    input_.append(bytes, static_cast<std::size_t>(count));
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  return line;
}

bool LineClient::is_closed() {
  if (!input_.empty()) return false;
  await_input();
  char byte = 0;
  const ssize_t count = recv(socket_, &byte, 1, 0);
  if (count > 0) input_ += byte;
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

void LineClient::await_input() const {
  pollfd readable{socket_, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(deadline / std::chrono::milliseconds{1})) != 1) {
    throw std::runtime_error("no reply in time");
  }
}

}  // namespace pawl::testing

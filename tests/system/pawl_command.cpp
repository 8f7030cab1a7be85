// SPDX-License-Identifier: Apache-2.0
#include "system/pawl_command.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace pawl::testing {
namespace {

Outcome outcome_of(Words line, const Words& words, const Words& environment) {
  line.insert(line.end(), words.begin(), words.end());
  Process process(line, environment);
  const int code = process.wait();
  return {code, process.output()};
}

void await_input(int descriptor) {
  pollfd readable{descriptor, POLLIN, 0};
  if (poll(&readable, 1, static_cast<int>(deadline / std::chrono::milliseconds{1})) != 1) {
    throw std::runtime_error("nothing came in time");
  }
}

}  // namespace

Outcome pawl_with(const Words& words, const Words& environment) {
  return outcome_of({PAWL_PROGRAM}, words, environment);
}

Outcome pawl_data(const Words& words, const Words& environment) {
  return outcome_of({"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>/dev/null", PAWL_PROGRAM}, words,
                    environment);
}

Outcome pawl_said(const Words& words, const Words& environment) {
  return outcome_of({"/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1 >/dev/null", PAWL_PROGRAM}, words,
                    environment);
}

std::string server_at(std::uint16_t port) {
  return "PAWL_SERVER=127.0.0.1:" + std::to_string(port);
}

DeafPort::DeafPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(socket_, generic, length) != 0 || getsockname(socket_, generic, &length) != 0) {
    throw std::runtime_error("no free port");
  }
  port_ = ntohs(address.sin_port);
}

DeafPort::~DeafPort() { close(socket_); }

void DeafPort::listen_without_answering() const {
  if (listen(socket_, 8) != 0) throw std::runtime_error("cannot listen");
}

void FakeServer::accept() {
  hang_up();
  await_input(socket_);
  peer_ = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
  if (peer_ < 0) throw std::runtime_error("cannot accept");
}

std::string FakeServer::read_line() {
  std::size_t end = 0;
  while ((end = input_.find('\n')) == std::string::npos) {
    await_input(peer_);
    char bytes[4096];
    const ssize_t count = recv(peer_, bytes, sizeof bytes, 0);
    if (count <= 0) throw std::runtime_error("the client closed");
    input_.append(bytes, static_cast<std::size_t>(count));
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  return line;
}

void FakeServer::send(std::string_view text) const {
  const ssize_t sent = ::send(peer_, text.data(), text.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(text.size())) throw std::runtime_error("cannot send");
}

void FakeServer::hang_up() {
  if (peer_ >= 0) close(peer_);
  peer_ = -1;
  input_.clear();
}

}  // namespace pawl::testing

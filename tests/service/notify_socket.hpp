// SPDX-License-Identifier: Apache-2.0
//
// What a service manager listens on: a datagram socket with a path or an abstract name. A read has
// a deadline.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pawl::testing {

class NotifySocket {
 public:
  explicit NotifySocket(std::string_view name) : name_(name) {  // "/a/path" or "@a-name"
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size();
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address),
               static_cast<socklen_t>(size)) != 0) {
      throw std::runtime_error("cannot bind " + name_);
    }
  }
  ~NotifySocket() { ::close(socket_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] std::string variable() const { return "NOTIFY_SOCKET=" + name_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // The next message, or nothing when none came for so long.
  [[nodiscard]] std::optional<std::string> receive(
      std::chrono::milliseconds longest = std::chrono::seconds{20}) const {
    pollfd readable{socket_, POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(longest.count())) != 1) return std::nullopt;
    char bytes[4096];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count < 0) throw std::runtime_error("cannot receive on " + name_);
    return std::string(bytes, static_cast<std::size_t>(count));
  }
  // Whether none is there now.
  [[nodiscard]] bool is_silent() const { return !receive(std::chrono::milliseconds{0}); }

 private:
  std::string name_;
  int socket_ = -1;
};

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// The least that a server of one thread can do: epoll, recv, send the same bytes. What pawld is
// measured against as the limit of the socket. Prints its port, runs until it is ended.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <system_error>

namespace {

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::system_category(), what);
  return result;
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  checked(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

int listen_on_loopback() {
  const int listener = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how sockets are addressed
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  checked(bind(listener, generic, length), "bind");
  checked(listen(listener, 1'024), "listen");
  checked(getsockname(listener, generic, &length), "getsockname");
  std::cout << ntohs(address.sin_port) << std::endl;
  return listener;
}

void accept_one(int epoll, int listener) {
  const int connection = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection < 0) return;
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  watch(epoll, connection);
}

void echo(int connection) {
  static std::array<char, 65'536> bytes;
  const ssize_t received = recv(connection, bytes.data(), bytes.size(), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // The load never has more under way than the socket's buffer takes: a short send is a defect.
  if (received <= 0 || send(connection, bytes.data(), static_cast<std::size_t>(received),
                            MSG_NOSIGNAL) != received) {
    close(connection);
  }
}

}  // namespace

int main() {
  try {
    const int epoll = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    const int listener = listen_on_loopback();
    watch(epoll, listener);
    std::array<epoll_event, 512> events;
    for (;;) {
      const int ready = epoll_wait(epoll, events.data(), events.size(), -1);
      for (int i = 0; i < ready; ++i) {
        const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
        if (descriptor == listener) {
          accept_one(epoll, listener);
        } else {
          echo(descriptor);
        }
      }
    }
  } catch (const std::exception& failure) {
    std::cerr << "echo_epoll: " << failure.what() << '\n';
    return EXIT_FAILURE;
  }
}

// SPDX-License-Identifier: Apache-2.0
#include "scale/good_clients.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>
#include <utility>

#include "scale/load.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;

GoodClients::GoodClients(std::uint16_t port, std::size_t clients, std::chrono::milliseconds rest)
    : rest_(rest), poll_(epoll_create1(EPOLL_CLOEXEC)), clients_(clients) {
  for (std::size_t i = 0; i < clients; ++i) {
    Client& client = clients_[i];
    client.socket = connect_to(port);
    client.name = "good/" + std::to_string(i);
    client.due = Clock::now() + i * rest / clients;  // not all at one moment
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(poll_, EPOLL_CTL_ADD, client.socket, &event);
  }
  thread_ = std::thread([this] { run(); });
}

GoodClients::~GoodClients() {
  stopped_ = true;
  thread_.join();
  for (const Client& client : clients_) close(client.socket);
  close(poll_);
}

Latencies GoodClients::take() {
  const std::lock_guard guard(mutex_);
  if (!failure_.empty()) throw std::runtime_error("a good client: " + failure_);
  return std::exchange(collected_, {});
}

void GoodClients::run() {
  try {
    std::array<epoll_event, 64> events{};
    while (!stopped_) {
      const Clock::time_point before = Clock::now();
      const int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 1);
      if (ready == 0) add_wakeup(Clock::now() - before - 1ms);
      for (int at = 0; at < ready; ++at) {
        on_readable(clients_[events[static_cast<std::size_t>(at)].data.u64]);
      }
      const Clock::time_point now = Clock::now();
      for (Client& client : clients_) {
        if (client.is_asking || client.due > now) continue;
        client.due = std::max(client.due + rest_, now);
        ask(client);
      }
    }
  } catch (const std::exception& error) {
    const std::lock_guard guard(mutex_);
    failure_ = error.what();
  }
}

void GoodClients::ask(Client& client) {
  const std::string request = client.token.empty()
                                  ? "LOCK " + client.name + " ttl=1h\n"
                                  : "UNLOCK " + client.name + " " + client.token + "\n";
  client.sent = Clock::now();
  client.is_asking = true;
  const auto size = static_cast<ssize_t>(request.size());
  if (::send(client.socket, request.data(), request.size(), MSG_NOSIGNAL) != size) {
    throw std::runtime_error("cannot send " + request);
  }
}

void GoodClients::on_readable(Client& client) {
  std::array<char, 4096> bytes;
  const ssize_t count = recv(client.socket, bytes.data(), bytes.size(), 0);
  if (count <= 0) throw std::runtime_error("the server closed " + client.name);
  client.reply.append(bytes.data(), static_cast<std::size_t>(count));
  if (!client.reply.ends_with('\n')) return;
  add(Clock::now() - client.sent);
  client.is_asking = false;
  if (!client.reply.starts_with("OK")) throw std::runtime_error(client.name + ": " + client.reply);
  if (client.token.empty()) {
    const std::size_t token = client.reply.find("token=");
    client.token = client.reply.substr(token, client.reply.find(' ', token) - token);
    ask(client);
  } else {
    client.token.clear();
  }
  client.reply.clear();
}

// One that lasts longer than a rest swallows others: they count, too, with what they would have
// waited.
void GoodClients::add(std::chrono::nanoseconds took) {
  const std::lock_guard guard(mutex_);
  for (auto waited = took; waited > waited.zero(); waited -= rest_) {
    collected_.requests.add(waited);
  }
}

void GoodClients::add_wakeup(std::chrono::nanoseconds late) {
  const std::lock_guard guard(mutex_);
  collected_.wakeups.add(std::max(late, 0ns));
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// Clients that go about their business: each on a connection of its own takes its lock and gives it
// back, rests, and does it again. One thread drives them all, and times each request.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "scale/quiet_client.hpp"

namespace pawl::testing {

class GoodClients {
 public:
  GoodClients(std::uint16_t port, std::size_t clients, std::chrono::milliseconds rest);
  ~GoodClients();
  GoodClients(const GoodClients&) = delete;
  GoodClients& operator=(const GoodClients&) = delete;

  // Since the last call. Throws what went wrong on the thread: an answer other than OK, a
  // connection that ended.
  [[nodiscard]] Latencies take();

 private:
  using Clock = std::chrono::steady_clock;
  struct Client {
    int socket = -1;
    std::string name;
    std::string reply;
    std::string token;      // of what it holds
    Clock::time_point due;  // for its next LOCK
    Clock::time_point sent;
    bool is_asking = false;
  };

  void run();
  void ask(Client& client);
  void on_readable(Client& client);
  void add(std::chrono::nanoseconds took);
  void add_wakeup(std::chrono::nanoseconds late);

  const std::chrono::milliseconds rest_;
  const int poll_;
  std::vector<Client> clients_;
  std::mutex mutex_;
  Latencies collected_;
  std::string failure_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// One polite client among the crowd: every 5 ms, on a thread and a connection of its own, a PING,
// then LOCK, VERIFY and UNLOCK of its own name, one after the other, each timed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "system/line_client.hpp"

namespace pawl::testing {

class Spans {
 public:
  void add(std::chrono::nanoseconds span) { spans_.push_back(span); }
  void add(const Spans& others) {
    spans_.insert(spans_.end(), others.spans_.begin(), others.spans_.end());
  }
  [[nodiscard]] std::size_t count() const { return spans_.size(); }
  // The span that this share of all does not exceed: 0.99, or 1 for the longest.
  [[nodiscard]] std::chrono::nanoseconds quantile(double share) const;

 private:
  std::vector<std::chrono::nanoseconds> spans_;
};

struct Latencies {
  // A request that lasts longer than a beat swallows others: they count, too, with what they would
  // have waited.
  Spans requests;
  // How late the thread itself came to run: the machine's part, without any server.
  Spans wakeups;
};

class QuietClient {
 public:
  explicit QuietClient(std::uint16_t port);
  ~QuietClient();
  QuietClient(const QuietClient&) = delete;
  QuietClient& operator=(const QuietClient&) = delete;

  // Since the last call. Throws what went wrong on the thread.
  [[nodiscard]] Latencies take();

 private:
  void run();
  void one_beat(std::chrono::nanoseconds lateness);
  std::string ask(const std::string& request);

  LineClient client_;
  std::mutex mutex_;
  Latencies collected_;
  std::string failure_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

}  // namespace pawl::testing

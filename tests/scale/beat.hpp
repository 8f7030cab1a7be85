// SPDX-License-Identifier: Apache-2.0
//
// A timer that beats at fixed points of time, however long the work between them takes.
#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace pawl::testing {

class Beat {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Beat(std::chrono::nanoseconds interval)
      : interval_(interval), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    const timespec span{0, interval.count()};
    const itimerspec when{span, span};
    next_ = Clock::now() + interval;
    if (timerfd_settime(timer_, 0, &when, nullptr) != 0) throw std::runtime_error("no timer");
  }
  ~Beat() { close(timer_); }
  Beat(const Beat&) = delete;
  Beat& operator=(const Beat&) = delete;

  // Blocks until the next beat, or not at all if it is past; how late this thread came to run.
  std::chrono::nanoseconds wait() {
    const bool idle = Clock::now() < next_;
    std::uint64_t beats = 0;
    if (read(timer_, &beats, sizeof beats) != sizeof beats) throw std::runtime_error("no beat");
    const auto lateness = Clock::now() - next_;
    next_ += static_cast<std::int64_t>(beats) * interval_;
    return idle && lateness > lateness.zero() ? lateness : lateness.zero();
  }

 private:
  std::chrono::nanoseconds interval_;
  int timer_;
  Clock::time_point next_;
};

}  // namespace pawl::testing

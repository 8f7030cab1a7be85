// SPDX-License-Identifier: Apache-2.0
#include "client/clock.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>

#include "base/ensure.hpp"

namespace pawl::client {
namespace {

Span read(clockid_t clock) {
  timespec reading{};
  ensure(clock_gettime(clock, &reading) == 0);
  return std::chrono::seconds(reading.tv_sec) + std::chrono::nanoseconds(reading.tv_nsec);
}

}  // namespace

Readings read_clocks() { return {read(CLOCK_BOOTTIME), read(CLOCK_MONOTONIC_RAW)}; }

Moment Clock::advance(Readings readings) {
  now_ += std::max({Span{0}, readings.boot - last_.boot, readings.raw - last_.raw});
  last_ = readings;
  return now_;
}

}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
#include "server/clock.hpp"

#include <time.h>

#include <chrono>

#include "base/ensure.hpp"

namespace pawl::server {

Moment read_clock() {
  timespec reading{};
  ensure(clock_gettime(CLOCK_MONOTONIC_RAW, &reading) == 0);
  return Moment(std::chrono::seconds(reading.tv_sec) + std::chrono::nanoseconds(reading.tv_nsec));
}

std::int64_t read_wall_offset_ms() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return duration_cast<milliseconds>(wall - read_clock().time_since_epoch()).count();
}

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace pawl::bench {

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;
using Span = Clock::duration;

inline double seconds(Span span) { return std::chrono::duration<double>(span).count(); }
inline double microseconds(Span span) {
  return std::chrono::duration<double, std::micro>(span).count();
}

}  // namespace pawl::bench

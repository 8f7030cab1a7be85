// SPDX-License-Identifier: Apache-2.0
//
// The core's time: a point on a monotonic clock that is handed in, never read. No wall clock
// decides anything; a wall-clock stamp rides along for display only.
#pragma once

#include <chrono>

namespace pawl {

struct CoreClock;  // never defined: the core cannot read it

using Span = std::chrono::nanoseconds;
using Moment = std::chrono::time_point<CoreClock, Span>;

inline constexpr Moment never = Moment::max();

}  // namespace pawl

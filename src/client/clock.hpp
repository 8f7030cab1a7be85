// SPDX-License-Identifier: Apache-2.0
//
// A client's time: between two readings the larger elapsed of CLOCK_BOOTTIME, which goes on while
// the machine is suspended, and CLOCK_MONOTONIC_RAW, which nobody slews. Never slower than either,
// so that a lease is counted too short rather than too long. Never goes back.
#pragma once

#include "base/moment.hpp"

namespace pawl::client {

struct Readings {
  Span boot{0};
  Span raw{0};
};

[[nodiscard]] Readings read_clocks();

class Clock {
 public:
  explicit Clock(Readings first) : last_(first), now_(first.boot) {}

  Moment advance(Readings readings);

 private:
  Readings last_;
  Moment now_;
};

}  // namespace pawl::client

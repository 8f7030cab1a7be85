// SPDX-License-Identifier: Apache-2.0
//
// Load, crash, restart, look; again and again on one data directory.
#pragma once

#include <string>

#include "durability/door.hpp"
#include "durability/history.hpp"
#include "durability/node.hpp"

namespace pawl::testing {

enum class Crash : std::uint8_t { kill, power_cut };

struct Plan {
  Crash crash = Crash::kill;
  Disk disk = Disk::honest;
  std::string durability = "fsync";
  Guard guard = Guard::none;
  unsigned cycles = 0;
  std::uint64_t seed = 1;
};

struct Outcome {
  std::string wrong;  // empty: nothing was lost
  unsigned cycles = 0;
  Tally tally;
};

[[nodiscard]] Outcome run(const Plan& plan);

// 200, fewer under sanitizers, or what PAWL_KILL_CYCLES says.
[[nodiscard]] unsigned cycles_wanted();

}  // namespace pawl::testing

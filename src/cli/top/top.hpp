// SPDX-License-Identifier: Apache-2.0
//
// pawl top and pawl status --watch: on a terminal live, elsewhere block by block.
#pragma once

#include <cstdint>
#include <string>

#include "cli/globals.hpp"
#include "pawl/types.hpp"

namespace pawl::cli::top {

struct TopOptions {
  std::string prefix;
  Milliseconds interval{1'000};
  std::uint64_t limit = 20;
  bool once = false;
};

// The exit code. Throws Failure.
[[nodiscard]] int run_top(const Globals& globals, const TopOptions& options);
[[nodiscard]] int watch_status(const Globals& globals, Milliseconds interval);

}  // namespace pawl::cli::top

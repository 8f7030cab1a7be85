// SPDX-License-Identifier: Apache-2.0
//
// `pawl run`: waits for the lock, runs the command while it is held, and returns the exit code.
// Takes over every signal of the process for as long as it runs.
#pragma once

#include "cli/run/run_options.hpp"

namespace pawl::cli {

[[nodiscard]] int run(const RunOptions& options);

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
//
// `pawl run`, and `pawl elect`, which stands again where run gives up. Waits for the lock, runs the
// command while it is held, and returns the exit code. Takes over every signal of the process for
// as long as it runs.
#pragma once

#include "cli/run/run_options.hpp"

namespace pawl::cli {

[[nodiscard]] int run(const RunOptions& options);
// Again and again, as long as it was the lock that ended the command.
[[nodiscard]] int elect(const RunOptions& options);

}  // namespace pawl::cli

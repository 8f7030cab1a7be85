// SPDX-License-Identifier: Apache-2.0
//
// pawl bench: one workload against a server that is there, and what it came to.
#pragma once

#include "cli/bench/plan.hpp"
#include "cli/globals.hpp"

namespace pawl::cli::bench {

// The exit code. Throws Failure.
[[nodiscard]] int run_bench(const Globals& globals, const Plan& plan, bool is_quiet);

}  // namespace pawl::cli::bench

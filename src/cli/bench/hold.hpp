// SPDX-License-Identifier: Apache-2.0
//
// Many locks, acquired as fast as it goes and held to the end of the run, so that there is time to
// look at the server. It tells by STATUS how many it has; of memory the protocol says nothing.
#pragma once

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

[[nodiscard]] std::unique_ptr<Workload> make_hold(const Plan& plan, Tally& tally);

}  // namespace pawl::cli::bench

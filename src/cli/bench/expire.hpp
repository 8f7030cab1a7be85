// SPDX-License-Identifier: Apache-2.0
//
// Many leases that end at the same moment, `ttl` after the start, and live pairs beside them: how
// long until the server is rid of them all, and what those pairs notice of it.
#pragma once

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

[[nodiscard]] std::unique_ptr<Workload> make_expire(const Plan& plan, Tally& tally);

}  // namespace pawl::cli::bench

// SPDX-License-Identifier: Apache-2.0
//
// Renewals: on each connection one session, kept alive, and `depth` leased locks, renewed. Every
// request under way is now the one, now the other.
#pragma once

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

[[nodiscard]] std::unique_ptr<Workload> make_renew(const Plan& plan, Tally& tally);

}  // namespace pawl::cli::bench

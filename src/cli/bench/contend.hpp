// SPDX-License-Identifier: Apache-2.0
//
// Many connections, few locks: each waits for its lock, gives it back at once and queues again.
#pragma once

#include "cli/bench/driver.hpp"

namespace pawl::cli::bench {

[[nodiscard]] std::unique_ptr<Workload> make_contend(const Plan& plan, Tally& tally);

// Jain's index of how evenly they were served: 1 all alike, 1/n one alone. 1 where nobody was.
[[nodiscard]] double fairness_of(const std::vector<std::uint64_t>& counts);

}  // namespace pawl::cli::bench

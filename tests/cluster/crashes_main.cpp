// SPDX-License-Identifier: Apache-2.0
//
// cluster_crashes [CYCLES] [SEED]
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

#include "cluster/crashes.hpp"

int main(int count, char** words) {
  using namespace pawl::testing;
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  CrashPlan plan{.cycles = 300,
                 .seed = static_cast<std::uint64_t>(clock / std::chrono::seconds{1})};
  if (count > 1) plan.cycles = static_cast<unsigned>(std::stoul(words[1]));
  if (count > 2) plan.seed = std::stoull(words[2]);
  std::cout << "cluster, seed " << plan.seed << std::endl;
  // In pieces, each a cluster of its own, so that a long run tells how far it is.
  constexpr unsigned piece = 25;
  unsigned told = 0;
  for (const unsigned wanted = plan.cycles; told < wanted; ++plan.seed) {
    plan.cycles = std::min(piece, wanted - told);
    const CrashReport report = run_crashes(plan);
    std::cout << report.text() << std::endl;
    if (!report.wrong.empty()) return 1;
    told += report.cycles;
  }
  std::cout << "cluster: " << told << " cycles, nothing lost" << std::endl;
  return 0;
}

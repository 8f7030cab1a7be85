// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/filler.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::bench {

TEST_CASE("the shares of all connections are all locks, each once, and differ by one at most") {
  Plan plan;
  plan.connections = GENERATE(1U, 3U, 7U);
  plan.locks = GENERATE(1U, 6U, 7U, 100U);
  std::uint64_t next = 0;
  for (std::size_t i = 0; i < plan.connections; ++i) {
    const Share share = share_of(plan, i, 1);
    CHECK(share.first == next);
    CHECK(share.count >= plan.locks / plan.connections);
    CHECK(share.count <= plan.locks / plan.connections + 1);
    next += share.count;
  }
  CHECK(next == plan.locks);
}

}  // namespace pawl::cli::bench

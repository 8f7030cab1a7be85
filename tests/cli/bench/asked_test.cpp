// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/asked.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::bench {

TEST_CASE("requests are answered in the order they were asked, however many there are") {
  AskedQueue queue;
  std::uint32_t pushed = 0;
  std::uint32_t popped = 0;
  for (std::uint32_t round = 1; round < 40; ++round) {
    for (std::uint32_t i = 0; i < round; ++i) queue.push({What::lock, pushed++, {}});
    for (std::uint32_t i = 0; i < round / 2; ++i, queue.pop()) {
      REQUIRE(queue.front().slot == popped++);
    }
    CHECK(queue.size() == pushed - popped);
  }
  for (; !queue.empty(); queue.pop()) REQUIRE(queue.front().slot == popped++);
  CHECK(popped == pushed);
}

}  // namespace pawl::cli::bench

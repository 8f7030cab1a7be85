// SPDX-License-Identifier: Apache-2.0
//
// What one scrape costs the io loop: http_tests '[cost]' prints it. The median is judged, which a
// busy machine hardly moves.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string_view>
#include <vector>

#include "onlooker.hpp"

namespace pawl::testing {

TEST_CASE("the cost of a scrape with 100,000 locks, 1,000 of them contended", "[cost]") {
  Core core;
  for (int i = 0; i < 100'000; ++i) {
    core.ask("A", "LOCK jobs/" + std::to_string(100'000 + i) + " ttl=1h");
  }
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = std::to_string(100'000 + i * 97);
    core.send("B", "#" + name + " LOCK jobs/" + name + " wait=1h");
  }
  Onlooker onlooker(core.node(), {.now = core.now()});
  REQUIRE(onlooker.json("/status.json")["totals"]["waiters"] == 1'000);
  for (const char* target : {"/metrics", "/status.json", "/livez", "/locks.json?limit=1000"}) {
    std::vector<double> took;
    std::size_t bytes = 0;
    for (int i = 0; i < 101; ++i) {
      const auto began = std::chrono::steady_clock::now();
      bytes = onlooker.ask(target).body.size();
      took.push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
              .count());
    }
    std::sort(took.begin(), took.end());
    const bool is_scrape = std::string_view(target).find("limit") == std::string_view::npos;
    if (is_scrape) CHECK(took[50] < 1'000);
    std::cout << target << ": " << took[50] << " us (median of 101), " << took.back()
              << " us at most, " << bytes << " bytes, in " << onlooker.handlers + 1
              << " handlers\n";
  }
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// A long queue of those who wait for several names is walked once by a record, not once for each
// who waits there. Times are printed, and asserted with room for a slow machine.
#include <catch2/catch.hpp>
#include <chrono>
#include <iostream>

#include "table_driver.hpp"

namespace pawl::locks {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int crowd = 5'000;
constexpr Wish reading{.mode = Mode::shared};

// Of the UNLOCK of a reader of "a", while others still read it: the median.
double unlock_us(TableDriver& table, std::vector<Token> readers) {
  std::vector<double> times;
  for (Token reader : readers) {
    Clock::time_point start = Clock::now();
    REQUIRE(table.unlock("a", reader) == Verdict::done);
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    REQUIRE(table.changes().size() == 1);
  }
  std::nth_element(times.begin(), times.begin() + 2, times.end());
  return times[2];
}

TEST_CASE("an unlock walks a queue of 5,000 who wait for several names in a few milliseconds") {
  TableDriver table;
  table.grant("a", reading);
  std::vector<Token> readers;
  for (int at = 0; at < 5; ++at) readers.push_back(table.grant("a", reading));
  const char* what = "";

  SECTION("the last name is held") {
    what = "the last name is held";
    table.grant("f");
    for (int at = 0; at < crowd; ++at) table.wait_all({"a", "b", "c", "d", "e", "f"}, reading);
  }
  SECTION("each has a name that is held") {
    what = "each has a name that is held";
    for (int at = 0; at < crowd; ++at) {
      std::string own = "own" + std::to_string(at);
      table.grant(own);
      table.wait_all({"a", "b", own}, reading);
    }
  }
  SECTION("somebody waits ahead at the last name") {
    what = "somebody waits ahead at the last name";
    table.grant("held");
    table.wait_all({"c", "held"});
    for (int at = 0; at < crowd; ++at) table.wait_all({"a", "b", "c"}, reading);
  }

  double us = unlock_us(table, readers);
  std::cout << what << ": " << us << " us\n";
  CHECK(us < 20'000);
}

TEST_CASE("a name that 2,000 dead waits leave at once is granted on once") {
  TableDriver table;
  SessionId dead = table.open("dead", false);
  table.grant("first");
  for (std::size_t at = 0; at < sweep_locks; ++at) table.wait("first", {.session = dead});
  table.grant("a");
  table.grant("held");
  for (int at = 0; at < 2'000; ++at) table.wait_all({"a", "b"}, {.session = dead});
  for (int at = 0; at < crowd; ++at) table.wait_all({"b", "held"}, reading);
  table.close(dead);
  REQUIRE(table.changes().back() == "swept s1, more");

  Clock::time_point start = Clock::now();
  REQUIRE(table.lock("a") == Verdict::busy);
  double us = std::chrono::duration<double, std::micro>(Clock::now() - start).count();

  REQUIRE(table.changes().size() == 2'000);
  std::cout << "2,000 dead waits end at once: " << us << " us\n";
  CHECK(us < 50'000);
}

}  // namespace
}  // namespace pawl::locks

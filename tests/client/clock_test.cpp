// SPDX-License-Identifier: Apache-2.0
#include "client/clock.hpp"

#include <catch2/catch.hpp>

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

TEST_CASE("time is the larger elapsed of the two clocks, between one reading and the next") {
  Clock clock({100s, 50s});
  const Moment start = clock.advance({100s, 50s});

  CHECK(clock.advance({101s, 51s}) - start == 1s);
  // The machine was suspended for an hour: only one clock knows.
  CHECK(clock.advance({101s + 1h, 51s}) - start == 1s + 1h);
  // The other was slewed to run slow.
  CHECK(clock.advance({102s + 1h, 53s}) - start == 3s + 1h);
}

TEST_CASE("time never goes back") {
  Clock clock({100s, 50s});
  const Moment start = clock.advance({100s, 50s});
  CHECK(clock.advance({99s, 49s}) == start);
  CHECK(clock.advance({100s, 49s}) - start == 1s);
}

TEST_CASE("both clocks of this machine are read, and they go on") {
  const Readings first = read_clocks();
  Readings next = read_clocks();
  while (next.boot <= first.boot || next.raw <= first.raw) next = read_clocks();
  CHECK(first.boot > Span{0});
  CHECK(first.raw > Span{0});
}

}  // namespace
}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
#include "server/deadlines.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace std::chrono_literals;
using pawl::Moment;
using pawl::never;
using pawl::server::Deadlines;

TEST_CASE("deadlines come due in order of time") {
  Deadlines deadlines;
  const Moment start{1h};
  CHECK(deadlines.next() == never);
  deadlines.add(start + 3s, {3, 1});
  deadlines.add(start + 1s, {1, 1});
  deadlines.add(start + 2s, {2, 1});
  CHECK(deadlines.next() == start + 1s);
  CHECK_FALSE(deadlines.take_due(start));
  CHECK(deadlines.take_due(start + 2s)->connection.slot == 1);
  CHECK(deadlines.take_due(start + 2s)->connection.slot == 2);
  CHECK_FALSE(deadlines.take_due(start + 2s));
  CHECK(deadlines.next() == start + 3s);
}

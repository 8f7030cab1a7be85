// SPDX-License-Identifier: Apache-2.0
#include "server/primary_watch.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace std::chrono_literals;
using pawl::Moment;
using pawl::server::PrimaryWatch;

TEST_CASE("an election is not worth a warning") {
  PrimaryWatch watch(750ms, 10s);
  const Moment now{};
  CHECK_FALSE(watch.look(now, true));
  CHECK_FALSE(watch.look(now + 1s, false));
  CHECK_FALSE(watch.look(now + 1700ms, false));
  CHECK_FALSE(watch.look(now + 1800ms, true));
  CHECK_FALSE(watch.look(now + 1900ms, false));
  CHECK_FALSE(watch.look(now + 2600ms, false));
}

TEST_CASE("that there is no primary is said once it lasts, and again after a while") {
  PrimaryWatch watch(750ms, 10s);
  const Moment now{};
  CHECK_FALSE(watch.look(now, false));
  CHECK(watch.look(now + 1s, false) == 1s);
  CHECK_FALSE(watch.look(now + 2s, false));
  CHECK_FALSE(watch.look(now + 10s, false));
  CHECK(watch.look(now + 11s, false) == 11s);
  CHECK_FALSE(watch.look(now + 12s, true));
  CHECK_FALSE(watch.look(now + 13s, false));
  CHECK(watch.look(now + 14s, false) == 1s);
}

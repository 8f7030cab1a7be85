// SPDX-License-Identifier: Apache-2.0
#include "server/said_lately.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

using namespace std::chrono_literals;
using pawl::Moment;
using pawl::server::SaidLately;

TEST_CASE("the same trouble is logged again after a while only, another one at once") {
  SaidLately said(10s);
  const Moment now{};
  CHECK(said.may_say("n2 is gone", now));
  CHECK_FALSE(said.may_say("n2 is gone", now + 9s));
  CHECK(said.may_say("n3 is gone", now + 9s));
  CHECK(said.may_say("n2 is gone", now + 10s));
  CHECK_FALSE(said.may_say("n2 is gone", now + 19s));
}

TEST_CASE("what may be said several times is, and then after a while again") {
  SaidLately said(10s, 3);
  const Moment now{};
  for (const auto later : {0s, 5s, 9s}) CHECK(said.may_say("denied", now + later));
  CHECK_FALSE(said.may_say("denied", now + 9s));
  CHECK(said.may_say("denied", now + 10s));
}

TEST_CASE("a flood of different troubles is not logged for ever, nor forgotten for ever") {
  SaidLately said(10s);
  const Moment now{};
  int times = 0;
  for (int i = 0; i < 10'000; ++i) times += said.may_say(std::to_string(i), now) ? 1 : 0;
  CHECK(times == 256);
  CHECK(said.may_say("new", now + 10s));
}

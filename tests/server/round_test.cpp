// SPDX-License-Identifier: Apache-2.0
#include "server/round.hpp"

#include <catch2/catch.hpp>

using pawl::ConnectionId;
using pawl::server::Round;

TEST_CASE("who is put back stands behind all who wait") {
  const ConnectionId one{1, 1};
  const ConnectionId two{2, 1};
  const ConnectionId three{3, 1};
  Round round;
  CHECK(round.empty());
  round.add(one);
  round.add(two);
  CHECK(round.take() == one);
  round.add(three);
  round.add(one);
  CHECK(round.take() == two);
  CHECK_FALSE(round.empty());
  CHECK(round.take() == three);
  CHECK(round.take() == one);
  CHECK(round.empty());
}

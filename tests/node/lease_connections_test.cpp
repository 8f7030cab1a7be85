// SPDX-License-Identifier: Apache-2.0
#include "node/lease_connections.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

namespace pawl::node {
namespace {

TEST_CASE("a lease is of the connection that was noted last") {
  LeaseConnections leases;
  leases.note(3, {1, 1});
  CHECK(leases.of(3) == ConnectionId{1, 1});

  leases.note(3, {2, 1});
  CHECK(leases.of(3) == ConnectionId{2, 1});
  leases.note(3, {});
  CHECK_FALSE(leases.of(3));
  CHECK_FALSE(leases.of(2));
  CHECK_FALSE(leases.of(1'000'000));
}

TEST_CASE("a later connection in the same slot is not taken for the one before") {
  LeaseConnections leases;
  leases.note(0, {7, 1});
  leases.note(1, {7, 2});
  leases.note(2, {7, 1});

  CHECK(leases.of(0) == ConnectionId{7, 1});
  CHECK(leases.of(1) == ConnectionId{7, 2});
  CHECK(leases.of(2) == ConnectionId{7, 1});
}

TEST_CASE("a connection that no lease is of any more is forgotten") {
  LeaseConnections leases;
  for (std::uint32_t generation = 1; generation <= 1'000; ++generation) {
    leases.note(0, {5, generation});
  }
  CHECK(leases.named() == 1);
}

TEST_CASE("leases are of whom a plain map says, whoever comes and goes") {
  LeaseConnections leases;
  std::map<Slot, ConnectionId> model;
  std::mt19937 random{11};
  for (std::uint32_t step = 0; step < 50'000; ++step) {
    const Slot slot = random() % 32;
    ConnectionId connection{static_cast<std::uint32_t>(random() % 8), 1 + step / 500};
    if (random() % 8 == 0) connection = {};
    leases.note(slot, connection);
    model[slot] = connection;
    for (const auto& [one, expected] : model) REQUIRE(leases.of(one) == expected);
  }
  CHECK(leases.named() <= 32);
}

}  // namespace
}  // namespace pawl::node

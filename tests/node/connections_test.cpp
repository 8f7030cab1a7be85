// SPDX-License-Identifier: Apache-2.0
#include "node/connections.hpp"

#include <catch2/catch.hpp>
#include <set>

namespace pawl::node {
namespace {

std::set<Slot> attached(Connections& connections, Slot session) {
  std::set<Slot> slots;
  for (Slot at = connections.first_attached(session); at != no_slot;
       at = connections[at].next_attached) {
    slots.insert(at);
  }
  return slots;
}

}  // namespace

TEST_CASE("an id of an earlier generation finds nothing") {
  Connections connections;
  connections.connect({0, 1}, "a");
  connections.disconnect({0, 1});
  connections.connect({0, 2}, "b");

  CHECK(connections.find({0, 1}) == nullptr);
  CHECK(connections.find({9, 1}) == nullptr);
  CHECK(connections.find({}) == nullptr);
  REQUIRE(connections.find({0, 2}) != nullptr);
  CHECK(connections.size() == 1);
}

TEST_CASE("a session keeps its other connections when one leaves, whichever it is") {
  const Slot leaves = GENERATE(0U, 1U, 2U);
  Connections connections;
  for (std::uint32_t slot = 0; slot < 3; ++slot) {
    connections.connect({slot, 1}, "a");
    connections.attach({slot, 1}, 5);
  }

  connections.detach({leaves, 1}, Attachment::lapsed);

  std::set<Slot> expected{0, 1, 2};
  expected.erase(leaves);
  CHECK(attached(connections, 5) == expected);
  CHECK(connections[leaves].attachment == Attachment::lapsed);
}

TEST_CASE("a connection is attached to one session at a time") {
  Connections connections;
  connections.connect({0, 1}, "a");
  connections.attach({0, 1}, 5);
  connections.attach({0, 1}, 6);
  connections.attach({0, 1}, 6);

  CHECK(attached(connections, 5).empty());
  CHECK(attached(connections, 6) == std::set<Slot>{0});
  connections.disconnect({0, 1});
  CHECK(attached(connections, 6).empty());
}

}  // namespace pawl::node

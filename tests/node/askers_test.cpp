// SPDX-License-Identifier: Apache-2.0
#include "node/askers.hpp"

#include <catch2/catch.hpp>
#include <vector>

namespace pawl::node {
namespace {

constexpr ConnectionId anna{0, 1};
constexpr ConnectionId bert{1, 2};

Moment at(int ms) { return Moment{std::chrono::milliseconds{ms}}; }

struct TwoConnections {
  TwoConnections() {
    connections.connect(anna, "a");
    connections.connect(bert, "b");
  }
  Connections connections;
  Askers askers{connections};
};

}  // namespace

TEST_CASE_METHOD(TwoConnections, "everyone who asked is taken once") {
  askers.add(7, {anna, 1}, at(10));
  askers.add(7, {bert, 1}, at(20));

  std::vector<ConnectionId> taken{askers.take(7).origin.connection,
                                  askers.take(7).origin.connection};
  CHECK((taken == std::vector{anna, bert} || taken == std::vector{bert, anna}));
  CHECK_FALSE(askers.take(7).origin.connection);
  CHECK_FALSE(askers.is_asked_for(7));
}

TEST_CASE_METHOD(TwoConnections, "the furthest deadline counts, until its asker has left") {
  askers.add(7, {anna, 1}, at(10));
  askers.add(7, {bert, 1}, never);
  CHECK(askers.furthest_deadline(7) == never);

  askers.leave_shared(connections[bert.slot], [](Origin, Slot) {});

  CHECK(askers.furthest_deadline(7) == at(10));
}

TEST_CASE_METHOD(TwoConnections, "leaving tells which waits are left alone") {
  askers.add(7, {anna, 1}, never);
  askers.add(8, {anna, 2}, never);
  askers.add(8, {bert, 1}, never);

  std::vector<Slot> alone;
  askers.leave(connections[anna.slot], [&](Slot wait) { alone.push_back(wait); });

  CHECK(alone == std::vector<Slot>{7});
  CHECK(askers.is_asked_for(8));
  CHECK_FALSE(askers.is_asked_for(7));
}

TEST_CASE_METHOD(TwoConnections, "a wait asked for twice by one connection is its own alone") {
  askers.add(7, {anna, 1}, never);
  askers.add(7, {anna, 2}, never);

  std::vector<Slot> alone;
  askers.each_alone(connections[anna.slot], [&](Slot wait) { alone.push_back(wait); });
  int left = 0;
  askers.leave_shared(connections[anna.slot], [&](Origin, Slot) { ++left; });

  CHECK_FALSE(alone.empty());
  CHECK(left == 0);
}

}  // namespace pawl::node

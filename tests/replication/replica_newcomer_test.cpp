// SPDX-License-Identifier: Apache-2.0
//
// A new disk: how a cluster begins, and how one comes back that may have forgotten its promises.
#include <catch2/catch.hpp>

#include "group.hpp"

namespace pawl::replication {
namespace {

using namespace std::chrono_literals;

Restored blank() { return {.repair = RepairId{9}, .blank = true}; }

void meet(Group& group, char who, char whom, std::uint64_t epoch, bool is_blank) {
  group.step(who, Met{Group::member(whom), Epoch{epoch}, is_blank});
}

TEST_CASE("a blank replica neither stands, votes nor answers before it has met all others") {
  Group group;
  group.start('c', blank());
  meet(group, 'c', 'a', 0, true);
  CHECK(group['c'].has_met(Group::member('a')));
  CHECK_FALSE(group['c'].has_met(Group::member('b')));
  CHECK(group['c'].next_deadline() == never);
  group.elect('a');
  group.said();
  group.pass(2s);
  CHECK(group['c'].is_blank());
  CHECK(group.said().find("c ->") == std::string::npos);
}

TEST_CASE("those who are all blank begin together, and elect one of them") {
  Group group;
  for (char name : {'a', 'b', 'c'}) group.start(name, blank());
  for (char name : {'a', 'b', 'c'}) {
    for (char other : {'a', 'b', 'c'}) {
      if (name != other) meet(group, name, other, 0, group[other].is_blank());
    }
  }
  group.settle();
  for (char name : {'a', 'b', 'c'}) {
    CHECK_FALSE(group[name].is_blank());
    CHECK_FALSE(group[name].is_damaged());
  }
  group.elect('b');
}

TEST_CASE("one that waits for the others to begin has taken part in nothing, blank or not") {
  Group group;
  group.start('c', blank());
  meet(group, 'c', 'a', 0, false);
  meet(group, 'c', 'b', 0, true);
  group.settle();
  CHECK_FALSE(group['c'].is_damaged());
}

TEST_CASE("met once as blank, another counts as blank whatever became of it meanwhile") {
  Group group;
  group.start('c', blank());
  meet(group, 'c', 'a', 0, true);
  meet(group, 'c', 'a', 5, false);
  meet(group, 'c', 'b', 0, true);
  group.settle();
  CHECK_FALSE(group['c'].is_damaged());
  CHECK(group['c'].epoch() == Epoch{0});
}

TEST_CASE("one that comes to others with a past joins their newest epoch, damaged, with no vote") {
  Group group;
  group.elect('a');
  group.propose('a', "x");
  group.settle();
  group.start('c', blank());
  meet(group, 'c', 'a', 1, false);
  meet(group, 'c', 'b', 7, false);
  group.settle();
  CHECK_FALSE(group['c'].is_blank());
  CHECK(group['c'].is_damaged());
  CHECK(group['c'].epoch() == Epoch{7});
  CHECK(group['c'].next_deadline() == never);

  // It may have voted in that epoch; whoever asks gets nothing, whole or not.
  group.said();
  group.receive('c', 'b', Epoch{7}, message::RequestVote{{Epoch{7}, LogIndex{9}}, false});
  CHECK(group.said().find("Vote granted") == std::string::npos);
}

TEST_CASE("it votes in a later epoch once it has all that the primary had when it came") {
  Group group;
  group.elect('a');
  for (const char* record : {"x", "y", "z"}) group.propose('a', record);
  group.settle();
  group.start('c', blank());
  meet(group, 'c', 'a', 1, false);
  meet(group, 'c', 'b', 1, false);
  group.settle();
  CHECK(group['c'].is_damaged());
  group.pass(500ms);
  CHECK_FALSE(group['c'].is_damaged());
  CHECK(group['c'].last() == group['a'].last());
  group.cut('a', 'b');
  group.cut('a', 'c');
  group.pass(3s);
  CHECK((group['b'].role() == Role::primary || group['c'].role() == Role::primary));
}

TEST_CASE("that it takes part is durable before it does") {
  Group group;
  group.start('c', blank());
  group.node('c').holds_ballot = true;
  meet(group, 'c', 'a', 0, true);
  meet(group, 'c', 'b', 0, true);
  group.settle();
  CHECK(group['c'].is_blank());
  group.node('c').holds_ballot = false;
  group.settle();
  CHECK_FALSE(group['c'].is_blank());
}

}  // namespace
}  // namespace pawl::replication

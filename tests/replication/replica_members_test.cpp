// SPDX-License-Identifier: Apache-2.0
//
// Who may be primary, and who may not: hand-over, witness, pair, learner, damaged replica.
#include <catch2/catch.hpp>

#include "group.hpp"
#include "simulation/broken_law.hpp"

namespace pawl::replication {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

Restored restored(std::uint64_t epoch, std::initializer_list<std::uint64_t> epochs) {
  Restored restored{.ballot = {Epoch{epoch}, {}}};
  for (std::uint64_t of : epochs) {
    restored.log.append(Epoch{of}, {}, [](std::string& out) { out += 'x'; });
  }
  return restored;
}

TEST_CASE("a hand-over loses nothing and asks nobody twice") {
  Group group;
  group.elect('a');
  group.propose('a', "x");
  group.settle();
  group.said();

  group.step('a', HandOver{Group::member('c')});
  CHECK_FALSE(group['a'].may_append());
  group.settle();

  std::string said = group.said();
  CHECK(said.find("PreVote") == std::string::npos);
  CHECK(said.find("c -> a: RequestVote last=1.2 handover (epoch 2)") != std::string::npos);
  CHECK(group['c'].role() == Role::primary);
  CHECK(group.node('a').last.stepped_down->reason == StepDownReason::handed_over);
  CHECK(group.node('a').last.stepped_down->unknown.empty());
}

TEST_CASE("a hand-over waits until the target has everything on disk") {
  Group group;
  group.elect('a');
  group.node('b').holds_log = true;
  group.propose('a', "x");
  group.settle();

  group.step('a', HandOver{Group::member('b')});
  group.settle();
  CHECK(group['a'].role() == Role::primary);

  group.node('b').holds_log = false;
  group.settle();
  CHECK(group['b'].role() == Role::primary);
}

TEST_CASE("a hand-over that comes to nothing ends, and the primary goes on") {
  Group group;
  group.elect('a');
  group.node('b').holds_log = true;
  group.propose('a', "x");
  group.settle();
  group.step('a', HandOver{Group::member('b')});

  group.pass(500ms);

  CHECK(group.node('a').last.handover_failed);
  CHECK(group['a'].may_append());
  CHECK(group['a'].role() == Role::primary);
}

TEST_CASE("nobody hands over to a learner, to itself, or before its epoch has begun") {
  Group group{{MemberKind::voter, MemberKind::voter, MemberKind::learner}};
  group.elect('a');
  for (char to : {'a', 'c'}) {
    group.node('a').last.clear();
    group.step('a', HandOver{Group::member(to)});
    CHECK(group.node('a').last.handover_failed);
  }
  group.step('b', HandOver{});
  CHECK(group.node('b').last.handover_failed);
}

TEST_CASE("a witness stands last, and once elected hands over to a voter that serves") {
  Group group{{MemberKind::voter, MemberKind::voter, MemberKind::witness}};
  CHECK(group['c'].next_deadline() - group.now() >= 750ms);
  // Without b it alone has the last record.
  group.start('c', restored(1, {1}));
  group.isolate('b');

  group.pass(3s);

  CHECK(group['c'].stage() == Stage::standby);
  CHECK(group['a'].role() == Role::primary);
  CHECK(group.node('a').applied == Names{"x", "start", "start"});
}

TEST_CASE("a pair commits on both, and with either down on none") {
  Group group{{MemberKind::voter, MemberKind::voter}};
  group.elect('a');
  group.propose('a', "both");
  group.settle();
  CHECK(group.node('a').applied == Names{"start", "both"});
  group.isolate('a');

  group.propose('a', "one");
  group.pass(2s);

  CHECK(group.node('a').applied == Names{"start", "both"});
  CHECK(group['a'].stage() != Stage::primary);
  CHECK(group['b'].stage() != Stage::primary);
}

TEST_CASE("an operator makes the survivor of a pair the only voter, and nothing is lost") {
  Group group{{MemberKind::voter, MemberKind::voter}};
  group.elect('a');
  group.propose('a', "both");
  group.settle();
  group.isolate('a');

  group.step('b', PromoteAlone{});
  group.pass(100ms);

  CHECK(group['b'].role() == Role::primary);
  CHECK(group['b'].epoch() == Epoch{2});
  CHECK(group.node('b').applied == Names{"start", "both", "start"});
}

TEST_CASE("a learner stores everything, and neither its vote nor its disk counts") {
  Group group{{MemberKind::voter, MemberKind::voter, MemberKind::learner}};
  group.elect('a');
  group.propose('a', "x");
  group.settle();
  CHECK(group['c'].role() == Role::learner);
  CHECK(group['c'].last() == LogIndex{2});

  group.isolate('b');
  group.propose('a', "y");
  group.settle();
  CHECK(group.node('a').applied == Names{"start", "x"});
  group.isolate('a');
  group.pass(3s);
  CHECK(group['c'].epoch() == Epoch{1});
}

TEST_CASE("a damaged replica stores and acknowledges, but neither votes nor stands") {
  Group group;
  Restored damaged = restored(1, {});
  damaged.repair = RepairId{77};
  group.start('b', std::move(damaged));
  group.isolate('c');

  group.pass(2s);

  CHECK(group['a'].stage() == Stage::pre_candidate);
  CHECK(group['a'].epoch() == Epoch{1});
  CHECK(group['b'].epoch() == Epoch{1});
  CHECK(group['b'].next_deadline() == never);
}

TEST_CASE("a damaged replica may vote again once all it may have been counted for is on disk") {
  Group group;
  group.elect('a');
  group.propose('a', "x");
  group.settle();
  // It had acknowledged both records, and lost one.
  Restored damaged = restored(1, {1});
  damaged.repair = RepairId{77};
  group.start('b', std::move(damaged));
  group.node('b').holds_log = true;
  group.pass(100ms);
  CHECK(group['a'].progress(Group::member('b')).match() == LogIndex{1});
  CHECK(group['b'].is_damaged());

  group.node('b').holds_log = false;
  group.pass(100ms);

  CHECK_FALSE(group['b'].is_damaged());
  CHECK(group.node('b').last.repaired);
  CHECK(group['a'].progress(Group::member('b')).match() == LogIndex{2});
}

// What a blank one becomes, once it has met a blank one and one that is in this epoch.
Joined joins_those_in(Epoch epoch) {
  ReplicaOptions options;
  options.membership = {std::vector<MemberKind>(3, MemberKind::voter), Member{2}};
  Replica replica{options, {.repair = RepairId{7}, .blank = true}, Moment{}};
  Actions actions;
  replica.step(Moment{}, Met{Member{0}, epoch, false}, actions);
  replica.step(Moment{}, Met{Member{1}, {}, true}, actions);
  return actions.joined.value();
}

TEST_CASE("a cluster begins though one had met all, and the others had to start again before") {
  CHECK_FALSE(joins_those_in(Epoch{0}).damaged);
  CHECK(joins_those_in(Epoch{1}).damaged);
}

}  // namespace
}  // namespace pawl::replication

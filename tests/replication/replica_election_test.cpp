// SPDX-License-Identifier: Apache-2.0
//
// Who is primary: rules R1, R2, R3, R10, R11 and what is made of them.
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

TEST_CASE("an election, from silence to the first commit, message by message") {
  Group group;
  group.skip(group['a'].next_deadline() - group.now());
  group.step('a', Tick{});
  group.settle();

  CHECK(group.said() == R"(a -> b: PreVote next=1 last=0.0 (epoch 0)
a -> c: PreVote next=1 last=0.0 (epoch 0)
b -> a: PreVote granted (epoch 0)
c -> a: PreVote granted (epoch 0)
a -> b: RequestVote last=0.0 (epoch 1)
a -> c: RequestVote last=0.0 (epoch 1)
b -> a: Vote granted (epoch 1)
c -> a: Vote granted (epoch 1)
a -> b: Append behind 0.0 [1 start] commit=0 round=1 (epoch 1)
a -> c: Append behind 0.0 [1 start] commit=0 round=1 (epoch 1)
b -> a: Appended held=1 flushed=0 round=1 (epoch 1)
b -> a: Appended held=1 flushed=1 round=1 (epoch 1)
c -> a: Appended held=1 flushed=0 round=1 (epoch 1)
c -> a: Appended held=1 flushed=1 round=1 (epoch 1)
)");
  CHECK(group['a'].role() == Role::primary);
  CHECK(group['b'].role() == Role::standby);
  CHECK(group['b'].primary() == Group::member('a'));
}

TEST_CASE("R1: no word that rests on an epoch or a vote leaves before they are on the disk") {
  Group group;
  group.node('a').holds_ballot = group.node('b').holds_ballot = true;
  group.isolate('c');
  group.elect('a');
  CHECK(group.said().find("RequestVote") == std::string::npos);

  group.node('a').holds_ballot = false;
  group.settle();
  CHECK(group.said().find("a -> b: RequestVote") != std::string::npos);
  CHECK(group['b'].epoch() == Epoch{1});
  CHECK(group['a'].stage() == Stage::candidate);

  group.node('b').holds_ballot = false;
  group.settle();
  CHECK(group['a'].stage() == Stage::primary);
}

TEST_CASE("R1: what was kept back in an epoch that is over is never sent") {
  Group group;
  group.node('b').holds_ballot = true;
  group.receive('b', 'a', Epoch{1}, message::RequestVote{});
  group.receive('b', 'c', Epoch{2}, message::RequestVote{});

  group.node('b').holds_ballot = false;
  group.settle();

  CHECK(group.said() == "b -> c: Vote granted (epoch 2)\n");
}

TEST_CASE("R2: one vote in an epoch, the same however often it is asked for") {
  Group group;
  group.receive('b', 'a', Epoch{1}, message::RequestVote{});
  group.receive('b', 'c', Epoch{1}, message::RequestVote{});
  group.receive('b', 'a', Epoch{1}, message::RequestVote{});
  group.store_ballots();

  CHECK(group.said() == R"(b -> a: Vote granted (epoch 1)
b -> c: Vote refused (epoch 1)
b -> a: Vote granted (epoch 1)
)");
}

TEST_CASE("R2: a vote outlives a restart") {
  Group group;
  Restored restored;
  restored.ballot = {Epoch{4}, Group::member('a')};
  group.start('b', std::move(restored));

  group.receive('b', 'c', Epoch{4}, message::RequestVote{});
  CHECK(group.said() == "b -> c: Vote refused (epoch 4)\n");
  group.receive('b', 'a', Epoch{4}, message::RequestVote{});
  CHECK(group.said() == "b -> a: Vote granted (epoch 4)\n");
}

TEST_CASE("R2: nobody votes for a log less complete than its own") {
  Group group;
  group.start('b', restored(3, {2, 3}));
  auto answer = [&](std::uint64_t epoch, std::uint64_t index) {
    group.receive('b', 'a', Epoch{group['b'].epoch().value + 1},
                  message::RequestVote{{Epoch{epoch}, LogIndex{index}}});
    group.store_ballots();
    return group.said().find("granted") != std::string::npos;
  };

  CHECK_FALSE(answer(3, 1));
  CHECK_FALSE(answer(2, 9));
  CHECK(answer(3, 2));
  CHECK(answer(3, 3));
  CHECK(answer(4, 1));
}

TEST_CASE("R3: a primary that hears of a later epoch steps down before anything else") {
  Group group;
  group.elect('a');
  group.said();

  group.receive('a', 'b', Epoch{9}, message::AppendReply{});

  CHECK(group['a'].stage() == Stage::standby);
  CHECK(group['a'].epoch() == Epoch{9});
  CHECK(group.node('a').last.stepped_down->reason == StepDownReason::higher_epoch);
}

TEST_CASE("R3: whoever speaks for an old epoch is told the newer one, and not obeyed") {
  Group group;
  group.start('b', restored(7, {}));

  group.receive('b', 'a', Epoch{6}, message::RequestVote{{Epoch{6}, LogIndex{50}}});
  group.receive('b', 'a', Epoch{6}, message::Append{});
  group.receive('b', 'a', Epoch{6}, message::SnapshotPart{});

  CHECK(group.said() == R"(b -> a: Vote refused (epoch 7)
b -> a: Append refused behind 0 hint=0.0 round=0 (epoch 7)
b -> a: Append refused behind 0 hint=0.0 round=0 (epoch 7)
)");
  CHECK_FALSE(group['b'].primary());
}

TEST_CASE("R10: asking in advance changes nobody's epoch") {
  Group group;
  group.isolate('c');
  group.pass(5s);
  CHECK(group['c'].epoch() == Epoch{0});
  CHECK(group['c'].stage() == Stage::pre_candidate);
}

TEST_CASE("R10: a node that does not hear the primary does not disturb those who do") {
  Group group;
  group.elect('a');
  Epoch epoch = group['a'].epoch();
  group.cut('a', 'c');

  group.pass(5s);

  CHECK(group['a'].role() == Role::primary);
  CHECK(group['a'].epoch() == epoch);
}

TEST_CASE("R10: a voter that heard its primary lately ignores even a real candidate") {
  Group group;
  group.elect('a');
  group.said();

  group.receive('b', 'c', Epoch{8}, message::RequestVote{{Epoch{8}, LogIndex{99}}});

  CHECK(group.said().empty());
  CHECK(group['b'].epoch() == group['a'].epoch());
}

TEST_CASE("R10: a node left in a later epoch gets all back into one, by an answer") {
  Group group;
  group.elect('a');
  group.start('c', restored(6, {}));

  group.pass(1s);

  Epoch epoch = group['a'].epoch();
  CHECK(epoch > Epoch{6});
  CHECK(group['b'].epoch() == epoch);
  CHECK(group['c'].epoch() == epoch);
}

TEST_CASE("R11: a primary without a majority steps down, and its followers elect another") {
  Group group;
  group.elect('a');
  group.isolate('a');

  group.pass(1s);

  CHECK(group['a'].stage() != Stage::primary);
  CHECK(group.node('a').last.stepped_down->reason == StepDownReason::no_majority);
  CHECK((group['b'].role() == Role::primary || group['c'].role() == Role::primary));
}

TEST_CASE("R11: who stepped down tells whose records may still come to be") {
  Group group;
  group.elect('a');
  group.propose('a', "done", 1);
  group.settle();
  group.isolate('a');
  group.propose('a', "first", 2);
  group.propose('a', "second", 3);

  group.pass(1s);

  std::vector<Origin> unknown = group.node('a').last.stepped_down->unknown;
  REQUIRE(unknown.size() == 2);
  CHECK(unknown[0].request == 2);
  CHECK(unknown[1].request == 3);
}

TEST_CASE("R11: a primary whose disk is stuck gives way to one whose disk is not") {
  Group group;
  group.elect('a');
  group.node('a').holds_log = true;
  group.propose('a', "x");

  group.pass(700ms);

  CHECK(group.node('a').last.stepped_down->reason == StepDownReason::disk_stuck);
  CHECK((group['b'].role() == Role::primary || group['c'].role() == Role::primary));
  CHECK(group.node('b').applied == Names{"start", "x", "start"});
}

TEST_CASE("R11: a node whose disk is stuck does not stand") {
  Group group;
  group.elect('a');
  group.node('b').holds_log = group.node('c').holds_log = true;
  group.propose('a', "x");
  group.settle();
  group.isolate('a');

  group.pass(2s);

  CHECK(group['b'].epoch() == Epoch{1});
  CHECK(group['c'].epoch() == Epoch{1});
}

TEST_CASE("R11: after a stall a primary decides nothing before a majority confirmed it") {
  Group group;
  group.elect('a');
  CHECK(group['a'].may_decide());
  group.skip(3s);

  group.step('a', LoopGap{});
  CHECK(group['a'].role() == Role::primary);
  CHECK_FALSE(group['a'].may_decide());

  group.settle();
  CHECK(group['a'].may_decide());
}

TEST_CASE("R11: a primary that nobody confirms after a stall steps down") {
  Group group;
  group.elect('a');
  group.isolate('a');
  group.skip(3s);
  group.step('a', LoopGap{});
  group.step('a', Tick{});
  CHECK(group['a'].stage() == Stage::primary);

  group.skip(450ms);
  group.step('a', Tick{});

  CHECK(group.node('a').last.stepped_down->reason == StepDownReason::gap);
}

TEST_CASE("a standby whose primary's connection ended stands at once, and is elected if all lost") {
  Group group;
  group.elect('a');
  group.isolate('a');
  group.step('b', PeerLost{Group::member('a')});
  group.step('c', PeerLost{Group::member('a')});

  group.pass(100ms);

  CHECK((group['b'].role() == Role::primary || group['c'].role() == Role::primary));
}

TEST_CASE("a standby that alone lost the connection is not elected") {
  Group group;
  group.elect('a');
  group.step('b', PeerLost{Group::member('a')});

  group.pass(1s);

  CHECK(group['a'].role() == Role::primary);
  CHECK(group['a'].epoch() == Epoch{1});
  CHECK(group['b'].primary() == Group::member('a'));
}

TEST_CASE("R18: a standby knows whom to ask instead") {
  Group group;
  group.elect('b');
  CHECK(group['a'].primary() == Group::member('b'));
  CHECK(group['c'].primary() == Group::member('b'));
}

TEST_CASE("R20: two primaries in one epoch end the process") {
  Group group;
  group.elect('a');
  CHECK_THROWS_AS(group.receive('a', 'b', Epoch{1}, message::Append{}), simulation::BrokenLaw);
  CHECK_THROWS_AS(group.receive('c', 'b', Epoch{1}, message::Append{}), simulation::BrokenLaw);
}

}  // namespace
}  // namespace pawl::replication

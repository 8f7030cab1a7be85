// SPDX-License-Identifier: Apache-2.0
//
// Leading: rules R5 to R9, R13, R19.
#include <catch2/catch.hpp>

#include "group.hpp"

namespace pawl::replication {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr Member b{1};
constexpr Member c{2};

message::AppendReply has(std::uint64_t index, std::uint64_t round = 0) {
  return {.round = Round{round}, .accepted = true, .held = {index}, .flushed = {index}};
}

TEST_CASE("R5: the own disk is one of the disks, no more and no less") {
  Group group;
  group.elect('a');
  group.node('a').holds_log = true;
  group.propose('a', "on two others");
  group.settle();
  CHECK(group['a'].flushed() == LogIndex{1});
  CHECK(group.node('a').applied == Names{"start", "on two others"});

  group.node('a').holds_log = false;
  group.node('b').holds_log = group.node('c').holds_log = true;
  group.propose('a', "on the own alone");
  group.settle();
  CHECK(group['a'].flushed() == LogIndex{3});
  CHECK(group['a'].commit() == LogIndex{2});
}

TEST_CASE("R6: a record of an older epoch commits only beneath one of this epoch") {
  Group group;
  Restored restored{.ballot = {Epoch{1}, {}}};
  restored.log.append(Epoch{1}, {}, [](std::string& out) { out += "old"; });
  group.start('a', std::move(restored));
  group.node('a').holds_log = group.node('b').holds_log = group.node('c').holds_log = true;
  group.elect('a');
  group.receive('a', 'b', group['a'].epoch(), has(1));
  group.receive('a', 'c', group['a'].epoch(), has(1));
  CHECK(group['a'].commit() == LogIndex{0});

  group.receive('a', 'b', group['a'].epoch(), has(2));
  CHECK(group['a'].commit() == LogIndex{0});
  group.receive('a', 'c', group['a'].epoch(), has(2));
  CHECK(group['a'].commit() == LogIndex{2});
  CHECK(group.node('a').applied == Names{"old", "start"});
}

TEST_CASE("R7: a new primary serves once the first record of its epoch is applied") {
  Group group;
  group.node('b').holds_log = group.node('c').holds_log = true;
  group.elect('a');
  CHECK(group['a'].stage() == Stage::primary);
  CHECK(group['a'].role() == Role::starting);
  CHECK_FALSE(group['a'].may_decide());

  group.node('b').holds_log = false;
  group.settle();
  CHECK(group['a'].role() == Role::primary);
  CHECK(group['a'].may_decide());
}

TEST_CASE("R8: nothing is to be applied before a majority has it on disk, on one node too") {
  Group alone{{MemberKind::voter}};
  alone.node('a').holds_log = true;
  alone.elect('a');
  CHECK(alone.node('a').applied.empty());

  alone.node('a').holds_log = false;
  alone.settle();
  CHECK(alone.node('a').applied == Names{"start"});
}

TEST_CASE("R9: a round is confirmed by a majority asked after it began") {
  Group group;
  group.elect('a');
  Round round = group['a'].begin_round();
  CHECK_FALSE(group['a'].is_confirmed(round));

  group.step('a', Tick{});
  CHECK_FALSE(group['a'].is_confirmed(round));
  group.deliver_one();
  group.deliver_one();
  group.deliver_one();

  CHECK(group['a'].is_confirmed(round));
}

TEST_CASE("R9: nobody joins a round that is under way") {
  Group group;
  group.elect('a');
  Round first = group['a'].begin_round();
  group.step('a', Tick{});

  Round second = group['a'].begin_round();
  CHECK(second > first);
  CHECK(group['a'].begin_round() == second);

  group.receive('a', 'b', Epoch{1}, has(1, first.value));
  CHECK(group['a'].is_confirmed(first));
  CHECK_FALSE(group['a'].is_confirmed(second));
}

TEST_CASE("R9: the answer to an old round, or to none, confirms nothing newer") {
  Group group;
  group.elect('a');
  group.in_flight.clear();
  Round before = group['a'].begin_round();
  group.step('a', Tick{});
  group.settle();
  Round round = group['a'].begin_round();
  group.step('a', Tick{});

  group.receive('a', 'b', Epoch{1}, has(1, before.value));
  group.receive('a', 'b', Epoch{1}, has(1, round.value + 5));
  CHECK_FALSE(group['a'].is_confirmed(round));

  group.receive('a', 'b', Epoch{1}, has(1, round.value));
  CHECK(group['a'].is_confirmed(round));
}

TEST_CASE("R9: a round of an epoch that ended is never confirmed") {
  Group group;
  group.elect('a');
  group.isolate('a');
  Round round = group['a'].begin_round();
  group.pass(1s);
  group.heal();
  group.pass(1s);
  char now = group['b'].role() == Role::primary ? 'b' : 'c';
  group.step(now, HandOver{Group::member('a')});
  group.settle();
  REQUIRE(group['a'].role() == Role::primary);

  group.pass(200ms);

  CHECK_FALSE(group['a'].is_confirmed(round));
  CHECK(group['a'].is_confirmed(group['a'].begin_round()) == false);
}

TEST_CASE("R9: a learner's answer confirms nothing") {
  Group group{{MemberKind::voter, MemberKind::voter, MemberKind::learner}};
  group.elect('a');
  Round round = group['a'].begin_round();
  group.step('a', Tick{});

  group.receive('a', 'c', Epoch{1}, has(1, round.value));
  CHECK_FALSE(group['a'].is_confirmed(round));
  group.receive('a', 'b', Epoch{1}, has(1, round.value));
  CHECK(group['a'].is_confirmed(round));
}

TEST_CASE("R19: a primary that was cut off confirms nothing, however short ago it was one") {
  Group group;
  group.elect('a');
  group.isolate('a');

  Round round = group['a'].begin_round();
  group.step('a', Tick{});
  group.settle();

  CHECK(group['a'].role() == Role::primary);
  CHECK_FALSE(group['a'].is_confirmed(round));
}

TEST_CASE("a peer whose log differs is brought to agree, message by message") {
  Group group;
  Restored longer{.ballot = {Epoch{2}, {}}};
  for (std::uint64_t epoch : {1U, 1U, 2U}) {
    longer.log.append(Epoch{epoch}, {}, [&](std::string& out) { out += "old"; });
  }
  Restored other = longer;
  other.ballot.epoch = Epoch{1};
  other.log.truncate(LogIndex{3});
  for (int i = 0; i < 2; ++i) {
    other.log.append(Epoch{1}, {}, [&](std::string& out) { out += "stray"; });
  }
  group.start('a', std::move(longer));
  group.start('b', std::move(other));
  group.isolate('c');
  group.elect('a');

  std::string said = group.said();
  std::string expected = R"(a -> b: Append behind 2.3 [3 start] commit=0 round=1 (epoch 3)
a -> c: Append behind 2.3 [3 start] commit=0 round=1 (epoch 3)
b -> a: Append refused behind 3 hint=1.2 round=1 (epoch 3)
a -> b: Append behind 1.2 [2 old] [3 start] commit=0 round=1 (epoch 3)
)";
  CHECK(said.substr(said.find("a -> b: Append"), expected.size()) == expected);
  CHECK(group.node('b').applied == Names{"old", "old", "old", "start"});
}

TEST_CASE("what was lost on the way is sent again at the next heartbeat") {
  Group group;
  group.elect('a');
  group.isolate('b');
  group.propose('a', "lost");
  group.settle();
  group.heal();

  group.pass(120ms);

  CHECK(group['a'].progress(b).match() == LogIndex{2});
}

TEST_CASE("records are sent ahead within a window, and go on when they are on the disk") {
  Group group;
  group.elect('a');
  group.node('b').holds_log = true;
  for (int i = 0; i < 200; ++i) group.propose('a', std::string(100, 'x'));
  group.settle();
  CHECK(group['a'].progress(b).next() < LogIndex{100});
  CHECK(group['a'].progress(c).match() == LogIndex{201});

  group.node('b').holds_log = false;
  group.settle();
  CHECK(group['a'].progress(b).match() == LogIndex{201});
}

TEST_CASE("R13: who lags behind what is kept is sent a snapshot, then the records behind it") {
  Group group;
  group.kept_bytes = 0;
  for (char name : {'a', 'b', 'c'}) group.start(name, {});
  group.elect('a');
  group.isolate('b');
  for (int i = 0; i < 20; ++i) {
    group.propose('a', "x");
    group.settle();
  }
  group.heal();
  group.pass(120ms);

  REQUIRE(group.node('a').last.parts_wanted.size() == 1);
  CHECK(group.node('a').last.parts_wanted[0].to == b);
  CHECK(group.node('a').last.parts_wanted[0].offset == 0);
  EntryId upto{Epoch{1}, group['a'].applied()};
  group.step('a', PartRead{b, {upto, 0, false, "half"}});
  group.settle();
  group.step('b', PartStored{});
  group.settle();
  CHECK(group.node('a').last.parts_wanted[0].offset == 4);
  group.step('a', PartRead{b, {upto, 4, true, "half"}});
  group.settle();
  group.step('b', PartStored{});
  group.propose('a', "behind it");
  group.settle();
  group.pass(120ms);

  CHECK(group['b'].applied() == LogIndex{22});
  CHECK(group.node('b').applied.back() == "behind it");
}

// b was away and is sent a snapshot in ten parts; for each the log moves on by twenty records.
struct SlowTransfer {
  explicit SlowTransfer(std::size_t held_bytes) {
    group.kept_bytes = 500;
    group.held_bytes = held_bytes;
    for (char name : {'a', 'b', 'c'}) group.start(name, {});
    group.elect('a');
    group.isolate('b');
    move_on();
    group.heal();
    group.pass(120ms);
  }
  void move_on() {
    for (int i = 0; i < 20; ++i) {
      group.propose('a', std::string(50, 'x'));
      group.settle();
    }
  }
  void send_all() {
    REQUIRE(group['a'].progress(b).stage() == Progress::Stage::snapshot);
    const EntryId upto{Epoch{1}, group['a'].applied()};
    for (std::uint64_t part = 0; part < 10; ++part) {
      move_on();
      group.node('a').last.clear();
      group.step('a', PartRead{b, {upto, part, part == 9, "1"}});
      group.settle();
      group.step('b', PartStored{});
      group.settle();
    }
    group.pass(120ms);
  }

  Group group;
};

TEST_CASE("R13: a peer whose snapshot takes long catches up, however fast the log moves on") {
  SlowTransfer slow(1'000'000);
  slow.send_all();

  CHECK(slow.group.node('a').last.parts_wanted.empty());
  CHECK(slow.group['a'].progress(b).stage() == Progress::Stage::replicate);
  CHECK(slow.group['b'].applied() == slow.group['a'].applied());
  // It needs nothing any more: only what always is stays.
  slow.move_on();
  CHECK(slow.group['a'].last().value - slow.group['a'].log().released().value < 10);
}

TEST_CASE("R13: the log that waits for a peer's snapshot is bounded") {
  SlowTransfer slow(3'000);
  slow.send_all();

  CHECK(slow.group['a'].progress(b).stage() == Progress::Stage::snapshot);
  CHECK(slow.group['a'].last().value - slow.group['a'].log().released().value < 60);
}

TEST_CASE("R13: nothing is kept for a peer that is gone in the midst of its snapshot") {
  SlowTransfer slow(1'000'000);
  slow.move_on();
  CHECK(slow.group['a'].last().value - slow.group['a'].log().released().value > 20);
  slow.group.isolate('b');
  slow.group.step('a', PeerLost{b});
  slow.group.pass(3s);
  slow.move_on();
  CHECK(slow.group['a'].last().value - slow.group['a'].log().released().value < 10);
}

TEST_CASE("R13: a part that got lost is asked for again") {
  Group group;
  group.kept_bytes = 0;
  for (char name : {'a', 'b', 'c'}) group.start(name, {});
  group.elect('a');
  group.isolate('b');
  group.propose('a', "x");
  group.settle();
  group.heal();
  group.pass(120ms);
  REQUIRE(group['a'].progress(b).stage() == Progress::Stage::snapshot);
  group.node('a').last.clear();

  group.pass(500ms);

  CHECK(group.node('a').last.parts_wanted.size() == 1);
}

TEST_CASE("one voter confirms, commits and hands over by the same code") {
  Group group{{MemberKind::voter}};
  group.elect('a');
  group.propose('a', "x");
  group.settle();

  CHECK(group.node('a').applied == Names{"start", "x"});
  CHECK(group['a'].is_confirmed(group['a'].begin_round()));
  CHECK(group['a'].next_deadline() == never);
  CHECK(group.said().empty());
}

}  // namespace
}  // namespace pawl::replication

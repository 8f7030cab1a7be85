// SPDX-License-Identifier: Apache-2.0
//
// Following: rules R4, R5, R13, R20.
#include <catch2/catch.hpp>

#include "group.hpp"
#include "simulation/broken_law.hpp"

namespace pawl::replication {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

EntryId id(std::uint64_t epoch, std::uint64_t index) { return {Epoch{epoch}, LogIndex{index}}; }

message::Append append(EntryId previous,
                       std::initializer_list<std::pair<std::uint64_t, std::string_view>> entries,
                       std::uint64_t commit = 0, std::uint64_t round = 1) {
  message::Append append{.previous = previous, .commit = LogIndex{commit}, .round = Round{round}};
  for (auto [epoch, bytes] : entries) append.entries.add(Epoch{epoch}, bytes);
  return append;
}

// b, whose log is of these epochs, durable and not known to be committed.
void start(Group& group, std::initializer_list<std::uint64_t> epochs) {
  Restored restored;
  for (std::uint64_t of : epochs) {
    restored.log.append(Epoch{of}, {}, [](std::string& out) { out += "old"; });
    restored.ballot.epoch = Epoch{of};
  }
  group.start('b', std::move(restored));
}

void from_a(Group& group, std::uint64_t epoch, MessageBody body) {
  group.receive('b', 'a', Epoch{epoch}, std::move(body));
  group.store_ballots();
}

Names log_of(const Replica& replica) {
  Names names;
  for (LogIndex i{replica.log().released().value + 1}; i <= replica.last(); ++i.value) {
    names.emplace_back(replica.log().at(i).bytes);
  }
  return names;
}

TEST_CASE("R4: records are taken only behind the very record they follow") {
  Group group;
  start(group, {1, 2});

  from_a(group, 3, append(id(3, 2), {{3, "new"}}));
  CHECK(group.said() == "b -> a: Append refused behind 2 hint=1.1 round=1 (epoch 3)\n");
  from_a(group, 3, append(id(2, 5), {{3, "new"}}));
  CHECK(group.said() == "b -> a: Append refused behind 5 hint=2.2 round=1 (epoch 3)\n");
  CHECK(log_of(group['b']) == Names{"old", "old"});

  from_a(group, 3, append(id(2, 2), {{3, "new"}}));
  CHECK(log_of(group['b']) == Names{"old", "old", "new"});
}

TEST_CASE("R4: what is there already and agrees stays, with all behind it") {
  Group group;
  start(group, {1, 1, 1});

  from_a(group, 1, append(id(1, 1), {{1, "again"}}));

  CHECK(log_of(group['b']) == Names{"old", "old", "old"});
  CHECK_FALSE(group.node('b').last.truncate_from);
}

TEST_CASE("R4: a record that differs goes, with all behind it") {
  Group group;
  start(group, {1, 2, 2, 2});

  from_a(group, 3, append(id(1, 1), {{1, "kept by a majority"}, {3, "start"}}));

  CHECK(log_of(group['b']) == Names{"old", "kept by a majority", "start"});
  CHECK(group.node('b').last.truncate_from == LogIndex{2});
}

TEST_CASE("R4: a standby commits no further than the message that says so verified") {
  Group group;
  start(group, {1, 2, 2});

  from_a(group, 3, append(id(1, 1), {}, 3));
  CHECK(group['b'].commit() == LogIndex{1});
  CHECK(group['b'].told_commit() == LogIndex{3});

  from_a(group, 3, append(id(1, 1), {{3, "start"}}, 3));
  CHECK(group['b'].commit() == LogIndex{2});
  CHECK(group.node('b').applied == Names{"old", "start"});
}

TEST_CASE("R4: a message that was overtaken takes nothing back") {
  Group group;
  start(group, {});
  from_a(group, 1, append({}, {{1, "one"}, {1, "two"}}, 2));

  from_a(group, 1, append({}, {{1, "one"}}, 1));

  CHECK(group['b'].commit() == LogIndex{2});
  CHECK(log_of(group['b']) == Names{"one", "two"});
}

TEST_CASE("R20: a primary that contradicts what is committed ends the process") {
  Group group;
  start(group, {});
  from_a(group, 1, append({}, {{1, "one"}}, 1));
  CHECK_THROWS_AS(from_a(group, 2, append({}, {{2, "other"}})), simulation::BrokenLaw);
}

TEST_CASE("R5: a standby acknowledges a record when it is on the disk, not before") {
  Group group;
  start(group, {});
  group.node('b').holds_log = true;
  from_a(group, 1, append({}, {{1, "one"}}));
  CHECK(group.said() == "b -> a: Appended held=1 flushed=0 round=1 (epoch 1)\n");

  group.node('b').holds_log = false;
  group.flush_logs();
  CHECK(group.said() == "b -> a: Appended held=1 flushed=1 round=1 (epoch 1)\n");
}

TEST_CASE("R5: what is on the disk of an older epoch counts once this primary verified it") {
  Group group;
  start(group, {1, 1});

  from_a(group, 2, append(id(1, 1), {}));

  CHECK(group.said() == "b -> a: Appended held=1 flushed=1 round=1 (epoch 2)\n");
}

TEST_CASE("R5: a flush of what was replaced since says nothing about what replaced it") {
  Group group;
  start(group, {});
  group.node('b').holds_log = true;
  from_a(group, 1, append({}, {{1, "one"}, {1, "two"}}));
  std::uint64_t before = group['b'].truncations();
  from_a(group, 2, append({}, {{2, "other"}, {2, "another"}}));
  group.said();

  group.step('b', Flushed{LogIndex{2}, before});

  CHECK(group['b'].flushed() == LogIndex{0});
  CHECK(group.said().empty());
}

TEST_CASE("what replaces a record handed over is handed over again") {
  Group group;
  start(group, {});
  group.node('b').holds_log = true;
  from_a(group, 1, append({}, {{1, "one"}, {1, "two"}}));
  CHECK(group.node('b').handed == LogIndex{2});

  from_a(group, 2, append({}, {{2, "other"}}));
  CHECK(group.node('b').handed == LogIndex{1});
}

message::SnapshotPart part(std::uint64_t offset, std::string bytes, bool last = false) {
  return {id(2, 10), offset, last, std::move(bytes)};
}

TEST_CASE("R13: a snapshot is asked for part by part, each once the one before is stored") {
  Group group;
  start(group, {1});

  from_a(group, 2, part(0, "abc"));
  CHECK(group.node('b').last.store_part->bytes == "abc");
  CHECK(group.said().empty());
  group.step('b', PartStored{});
  CHECK(group.said() == "b -> a: Snapshot upto=2.10 next=3 (epoch 2)\n");

  from_a(group, 2, part(3, "de", true));
  CHECK(group['b'].applied() == LogIndex{0});
  group.step('b', PartStored{});
  CHECK(group.said() == "b -> a: Snapshot upto=2.10 installed (epoch 2)\n");
}

TEST_CASE("R13: the state is the snapshot's once it is stored whole, and the log goes on behind") {
  Group group;
  start(group, {1});
  from_a(group, 2, part(0, "all", true));
  CHECK_FALSE(group.node('b').last.load_snapshot);
  group.step('b', PartStored{});

  REQUIRE(group.node('b').last.load_snapshot);
  CHECK(group.node('b').last.load_snapshot->upto == id(2, 10));
  CHECK(group.node('b').last.load_snapshot->restarts_log);
  CHECK(group['b'].applied() == LogIndex{10});
  CHECK(group['b'].commit() == LogIndex{10});
  CHECK(group['b'].last() == LogIndex{10});
  from_a(group, 2, append(id(2, 10), {{2, "next"}}, 11));
  CHECK(group.node('b').applied == Names{"next"});
}

TEST_CASE("R13: records behind the snapshot stay if they lead on from it") {
  Group group;
  start(group, {1, 1, 1});
  group.receive('b', 'a', Epoch{2}, message::SnapshotPart{id(1, 2), 0, true, "two"});
  group.step('b', PartStored{});

  CHECK_FALSE(group.node('b').last.load_snapshot->restarts_log);
  CHECK(group['b'].applied() == LogIndex{2});
  CHECK(group['b'].last() == LogIndex{3});
}

TEST_CASE("R13: a disk owes nothing that a snapshot brought, and the replica may stand") {
  Group group;
  group.node('b').holds_log = true;
  group.receive('b', 'a', Epoch{2}, append({}, {{1, "x"}, {1, "y"}}));
  group.store_ballots();
  group.receive('b', 'a', Epoch{2}, message::SnapshotPart{id(1, 2), 0, true, "two"});
  group.step('b', PartStored{});
  REQUIRE(group.node('b').last.load_snapshot);
  CHECK_FALSE(group.node('b').last.load_snapshot->restarts_log);
  group.step('b', Flushed{LogIndex{2}, 0});
  group.said();

  group.skip(10s);
  group.step('b', Tick{});

  CHECK_THAT(group.said(), Catch::Matchers::Contains("PreVote"));
}

TEST_CASE("R13: records the disk was not handed yet do not lead its log up to the snapshot") {
  ReplicaOptions options;
  options.membership = {std::vector<MemberKind>(3, MemberKind::voter), Member{1}};
  Replica replica{options, {}, Moment{}};
  auto receive = [&](MessageBody body) {
    Actions actions;
    Message message{Epoch{2}, std::move(body)};
    replica.step(Moment{}, Received{Member{0}, &message}, actions);
  };
  receive(append({}, {{1, "one"}, {1, "two"}, {2, "three"}}));
  receive(message::SnapshotPart{id(1, 2), 0, true, "two"});

  Actions actions;
  replica.step(Moment{}, PartStored{}, actions);

  CHECK(actions.load_snapshot->restarts_log);
  std::vector<LogIndex> handed;
  replica.hand_over([&](const Entry& entry) { handed.push_back(entry.index); });
  CHECK(handed == std::vector{LogIndex{3}});
  CHECK(replica.flushed() == LogIndex{2});
}

TEST_CASE("R13: a part that does not go on where the last one ended is asked for again") {
  Group group;
  start(group, {1});
  from_a(group, 2, part(0, "abc"));
  group.step('b', PartStored{});
  group.said();

  from_a(group, 2, part(5, "fg", true));
  CHECK(group.said() == "b -> a: Snapshot upto=2.10 next=3 (epoch 2)\n");
}

TEST_CASE("a snapshot that is no news is refused kindly") {
  Group group;
  Restored restored{.log = Log{LogIndex{12}, Epoch{2}}, .commit = LogIndex{12}};
  group.start('b', std::move(restored));

  from_a(group, 2, part(0, "abc"));

  CHECK(group.said() == "b -> a: Snapshot upto=2.10 installed (epoch 2)\n");
  CHECK_FALSE(group.node('b').last.store_part);
}

TEST_CASE("a snapshot stored after its epoch still counts: what is in it is committed") {
  Group group;
  start(group, {1});
  from_a(group, 2, part(0, "all", true));
  group.receive('b', 'c', Epoch{3}, message::Append{});

  group.step('b', PartStored{});

  CHECK(group['b'].applied() == LogIndex{10});
}

}  // namespace
}  // namespace pawl::replication

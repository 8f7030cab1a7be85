// SPDX-License-Identifier: Apache-2.0
#include "replication/replica.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace pawl::replication {
namespace {

auto bytes(std::string_view text) {
  return [text](std::string& out) { out += text; };
}

void apply_all(Replica& replica) {
  while (replica.has_committed()) replica.on_applied();
}

// Primary with its epoch_start applied.
Replica serving(Epoch last_epoch = {}) {
  Replica replica{last_epoch};
  replica.become_primary(bytes("start"));
  replica.on_flushed(LogIndex{1});
  apply_all(replica);
  return replica;
}

TEST_CASE("a replica starts without a role and moves to the epoch after its last") {
  Replica replica{Epoch{6}};
  CHECK(replica.role() == Role::starting);
  CHECK(replica.epoch() == Epoch{6});

  replica.become_primary(bytes("start"));

  CHECK(replica.epoch() == Epoch{7});
  CHECK(replica.last() == LogIndex{1});
}

TEST_CASE("a replica that recovered its log goes on behind the last record") {
  Replica replica{Epoch{6}, {Epoch{6}, LogIndex{40}}};
  CHECK(replica.commit() == LogIndex{40});
  CHECK(replica.in_flight() == 0);

  replica.become_primary(bytes("start"));
  CHECK(replica.last() == LogIndex{41});
  replica.on_flushed(LogIndex{40});
  CHECK(replica.role() == Role::starting);
  CHECK_FALSE(replica.has_committed());

  replica.on_flushed(LogIndex{41});
  apply_all(replica);
  CHECK(replica.role() == Role::primary);
}

TEST_CASE("nobody is primary before the record of its epoch is committed and applied") {
  Replica replica;
  replica.become_primary(bytes("start"));
  CHECK(replica.role() == Role::starting);
  CHECK_FALSE(replica.has_committed());

  replica.on_flushed(LogIndex{1});
  CHECK(replica.role() == Role::starting);
  REQUIRE(replica.has_committed());
  CHECK(replica.next_committed().bytes == "start");
  CHECK(replica.next_committed().epoch == Epoch{1});

  replica.on_applied();
  CHECK(replica.role() == Role::primary);
}

TEST_CASE("nothing commits before the record that starts the epoch") {
  Replica replica;
  replica.become_primary(bytes("start"));
  replica.append({}, bytes("a"));

  replica.on_flushed(LogIndex{0});

  CHECK(replica.commit() == LogIndex{0});
  CHECK_FALSE(replica.has_committed());
}

TEST_CASE("what is appended commits when the disk has it, not before") {
  Replica replica = serving();
  CHECK(replica.append({}, bytes("a")) == LogIndex{2});
  CHECK(replica.append({}, bytes("b")) == LogIndex{3});
  CHECK(replica.commit() == LogIndex{1});
  CHECK_FALSE(replica.has_committed());

  replica.on_flushed(LogIndex{2});

  CHECK(replica.commit() == LogIndex{2});
  CHECK(replica.next_committed().bytes == "a");
  replica.on_applied();
  CHECK_FALSE(replica.has_committed());

  replica.on_flushed(LogIndex{3});
  CHECK(replica.next_committed().bytes == "b");
}

TEST_CASE("a flush told late or twice takes nothing back") {
  Replica replica = serving();
  replica.append({}, bytes("a"));
  replica.append({}, bytes("b"));
  replica.on_flushed(LogIndex{3});

  replica.on_flushed(LogIndex{2});
  replica.on_flushed(LogIndex{3});

  CHECK(replica.commit() == LogIndex{3});
}

TEST_CASE("records are applied in order, each with the request that waits for it") {
  Replica replica = serving(Epoch{4});
  replica.append(Origin{{1, 1}, 10}, bytes("a"));
  replica.append(Origin{{2, 1}, 20}, bytes("b"));
  replica.on_flushed(LogIndex{3});

  Entry first = replica.next_committed();
  CHECK(first.index == LogIndex{2});
  CHECK(first.epoch == Epoch{5});
  CHECK(first.origin == Origin{{1, 1}, 10});
  replica.on_applied();
  CHECK(replica.next_committed().origin == Origin{{2, 1}, 20});
  replica.on_applied();
  CHECK(replica.applied() == LogIndex{3});
}

TEST_CASE("in flight is what is in the log and not applied") {
  Replica replica = serving();
  CHECK(replica.in_flight() == 0);

  replica.append({}, bytes("a"));
  replica.append({}, bytes("b"));
  CHECK(replica.in_flight() == 2);
  replica.on_flushed(LogIndex{3});
  CHECK(replica.in_flight() == 2);

  replica.on_applied();
  CHECK(replica.in_flight() == 1);
}

TEST_CASE("an applied record gives up its storage") {
  Replica replica = serving();
  replica.append({}, bytes(std::string_view{"some bytes"}));
  CHECK(replica.log().bytes() == 10);

  replica.on_flushed(LogIndex{2});
  apply_all(replica);

  CHECK(replica.log().bytes() == 0);
}

TEST_CASE("confirm rounds are numbered upwards and one voter confirms its own at once") {
  Replica replica = serving();

  Round first = replica.begin_round();
  CHECK(replica.is_confirmed(first));
  Round second = replica.begin_round();
  CHECK(second > first);
  CHECK(replica.is_confirmed(second));
}

TEST_CASE("a round that was not begun is not confirmed") {
  Replica replica = serving();
  Round begun = replica.begin_round();

  CHECK_FALSE(replica.is_confirmed(Round{begun.value + 1}));
}

}  // namespace
}  // namespace pawl::replication

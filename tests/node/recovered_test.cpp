// SPDX-License-Identifier: Apache-2.0
#include "node/recovered.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace pawl::node {
namespace {

std::string lock(std::string_view name) {
  locks::record::Lock record;
  record.user = "someone";
  const std::string_view names[] = {name};
  record.names = names;
  record.ttl_ms = 1'000;
  std::string bytes;
  locks::encode_record(bytes, locks::Record{record});
  return bytes;
}

bool replay(Recovery& recovery, std::uint64_t index, std::uint64_t epoch, std::string_view name) {
  return recovery.replay(LogIndex{index}, Epoch{epoch}, lock(name));
}

// Of a table in which "s" is held.
std::string snapshot() {
  Recovery recovery(0);
  REQUIRE(replay(recovery, 1, 1, "s"));
  Recovered recovered = recovery.take();
  std::string bytes;
  recovered.table->begin_snapshot();
  while (!recovered.table->write_snapshot(bytes, 1'000)) {
  }
  return bytes;
}

bool is_held(const Recovered& recovered, std::string_view name) {
  return recovered.table->find_lock(name) != no_slot;
}

}  // namespace

TEST_CASE("one node alone applies all that it finds") {
  Recovery recovery(0);
  REQUIRE(replay(recovery, 1, 1, "a"));
  REQUIRE(replay(recovery, 2, 3, "b"));

  const Recovered recovered = recovery.take();

  CHECK(is_held(recovered, "a"));
  CHECK(is_held(recovered, "b"));
  CHECK(recovered.last == LogIndex{2});
  CHECK(recovered.epoch == Epoch{3});
  CHECK(recovered.unapplied.last_id() == replication::EntryId{Epoch{3}, LogIndex{2}});
  CHECK(recovered.log_bytes == lock("a").size() + lock("b").size());
}

TEST_CASE("one of several applies the snapshot, and keeps the records behind it") {
  Recovery recovery(0, false);
  REQUIRE(recovery.feed_snapshot(snapshot()));
  REQUIRE(recovery.end_snapshot(LogIndex{7}, Epoch{2}));
  REQUIRE(replay(recovery, 8, 2, "a"));
  REQUIRE(replay(recovery, 9, 4, "b"));

  const Recovered recovered = recovery.take();

  CHECK(is_held(recovered, "s"));
  CHECK_FALSE(is_held(recovered, "a"));
  CHECK(recovered.snapshot == LogIndex{7});
  CHECK(recovered.last == LogIndex{7});
  CHECK(recovered.epoch == Epoch{2});
  CHECK(recovered.log_bytes == 0);
  CHECK(recovered.unapplied.released() == LogIndex{7});
  CHECK(recovered.unapplied.epoch_at(LogIndex{7}) == Epoch{2});
  CHECK(recovered.unapplied.epoch_at(LogIndex{9}) == Epoch{4});
  CHECK(recovered.unapplied.at(LogIndex{8}).bytes == lock("a"));
}

TEST_CASE("a record that a newer primary replaced is gone, and the next one follows its own") {
  Recovery recovery(0, false);
  REQUIRE(replay(recovery, 1, 1, "a"));
  REQUIRE(replay(recovery, 2, 3, "old"));
  REQUIRE(replay(recovery, 3, 3, "older"));

  REQUIRE(recovery.forget_from(LogIndex{2}));
  CHECK(recovery.last() == LogIndex{1});
  REQUIRE(replay(recovery, 2, 2, "new"));  // made in an epoch before that of the ones replaced

  SECTION("kept apart") {
    const Recovered recovered = recovery.take();
    CHECK(recovered.unapplied.last_id() == replication::EntryId{Epoch{2}, LogIndex{2}});
    CHECK(recovered.unapplied.at(LogIndex{2}).bytes == lock("new"));
  }
  SECTION("or applied at the end") {
    recovery.apply_all();
    const Recovered recovered = recovery.take();
    CHECK(is_held(recovered, "a"));
    CHECK(is_held(recovered, "new"));
    CHECK_FALSE(is_held(recovered, "old"));
    CHECK_FALSE(is_held(recovered, "older"));
    CHECK(recovered.last == LogIndex{2});
    CHECK(recovered.epoch == Epoch{2});
    CHECK(recovered.log_bytes == lock("a").size() + lock("new").size());
    CHECK(recovered.unapplied.last_id() == replication::EntryId{Epoch{2}, LogIndex{2}});
    CHECK(recovered.unapplied.released() == LogIndex{2});
  }
}

TEST_CASE("what is applied is never replaced") {
  const bool alone = GENERATE(true, false);
  Recovery recovery(0, alone);
  REQUIRE(recovery.feed_snapshot(snapshot()));
  REQUIRE(recovery.end_snapshot(LogIndex{7}, Epoch{2}));
  REQUIRE(replay(recovery, 8, 2, "a"));

  CHECK_FALSE(recovery.forget_from(LogIndex{7}));
  CHECK(recovery.forget_from(LogIndex{8}) == !alone);
}

TEST_CASE("a gap, an epoch that falls and bytes of no record are refused") {
  const bool alone = GENERATE(true, false);
  Recovery recovery(0, alone);
  REQUIRE(replay(recovery, 1, 2, "a"));

  CHECK_FALSE(replay(recovery, 3, 2, "b"));
  CHECK_FALSE(replay(recovery, 1, 2, "b"));
  CHECK_FALSE(replay(recovery, 2, 1, "b"));
  CHECK_FALSE(recovery.replay(LogIndex{2}, Epoch{2}, "no record"));
  CHECK(replay(recovery, 2, 2, "b"));
}

}  // namespace pawl::node

// SPDX-License-Identifier: Apache-2.0
#include "replication/progress.hpp"

#include <catch2/catch.hpp>

namespace pawl::replication {
namespace {

constexpr Window window{3, 100};

Progress replicating() {
  Progress progress{LogIndex{10}, window};
  progress.on_accepted(LogIndex{10}, LogIndex{10});
  return progress;
}

TEST_CASE("until both agree one message at a time is sent") {
  Progress progress{LogIndex{10}, window};
  CHECK(progress.next() == LogIndex{11});
  CHECK(progress.has_room());

  progress.on_sent(2, 20);
  CHECK_FALSE(progress.has_room());
  CHECK(progress.next() == LogIndex{11});

  progress.on_accepted(LogIndex{12}, LogIndex{9});
  CHECK(progress.stage() == Progress::Stage::replicate);
  CHECK(progress.match() == LogIndex{9});
  CHECK(progress.next() == LogIndex{13});
}

TEST_CASE("the window is bounded by messages and by bytes, until they are on the disk") {
  Progress many = replicating();
  for (int i = 0; i < 3; ++i) many.on_sent(1, 1);
  CHECK_FALSE(many.has_room());
  many.on_accepted(LogIndex{13}, LogIndex{10});
  CHECK_FALSE(many.has_room());
  many.on_accepted(LogIndex{13}, LogIndex{11});
  CHECK(many.has_room());

  Progress large = replicating();
  large.on_sent(1, 100);
  CHECK_FALSE(large.has_room());
}

TEST_CASE("a refusal goes back to where both may agree, an old one changes nothing") {
  Progress progress = replicating();
  progress.on_sent(5, 5);
  CHECK_FALSE(progress.on_refused(LogIndex{10}, LogIndex{3}));
  CHECK(progress.next() == LogIndex{16});

  CHECK(progress.on_refused(LogIndex{15}, LogIndex{12}));
  CHECK(progress.stage() == Progress::Stage::probe);
  CHECK(progress.next() == LogIndex{13});
  CHECK_FALSE(progress.on_refused(LogIndex{15}, LogIndex{11}));
  CHECK(progress.next() == LogIndex{13});
}

TEST_CASE("never less than what is on the peer's disk") {
  Progress progress = replicating();
  progress.on_accepted(LogIndex{12}, LogIndex{12});
  progress.on_accepted(LogIndex{12}, LogIndex{11});
  CHECK(progress.match() == LogIndex{12});
  progress.on_refused(LogIndex{14}, LogIndex{2});
  CHECK(progress.next() == LogIndex{13});
}

TEST_CASE("a lost link forgets what was on its way") {
  Progress progress = replicating();
  progress.on_sent(3, 100);
  progress.on_link_lost();
  CHECK(progress.next() == LogIndex{11});
  CHECK(progress.has_room());
}

TEST_CASE("during a snapshot nothing else is sent, afterwards what comes behind it") {
  Progress progress{LogIndex{10}, window};
  progress.begin_snapshot();
  CHECK_FALSE(progress.has_room());
  progress.on_accepted({}, {});
  CHECK_FALSE(progress.has_room());

  progress.on_installed(LogIndex{8});
  CHECK(progress.match() == LogIndex{8});
  CHECK(progress.next() == LogIndex{9});
  CHECK(progress.has_room());
}

TEST_CASE("what a damaged replica ever said is forgotten, once for each of its starts") {
  Progress progress = replicating();
  CHECK(progress.forget(RepairId{5}, LogIndex{20}));
  CHECK(progress.match() == LogIndex{0});
  CHECK(progress.whole_at() == LogIndex{20});
  progress.on_accepted(LogIndex{12}, LogIndex{12});

  CHECK_FALSE(progress.forget(RepairId{5}, LogIndex{30}));
  CHECK(progress.match() == LogIndex{12});
  CHECK(progress.whole_at() == LogIndex{20});
  CHECK_FALSE(progress.is_whole());
  progress.on_accepted(LogIndex{20}, LogIndex{20});
  CHECK(progress.is_whole());
  CHECK(progress.forget(RepairId{6}, LogIndex{30}));
  CHECK(progress.match() == LogIndex{0});
}

}  // namespace
}  // namespace pawl::replication

// SPDX-License-Identifier: Apache-2.0
#include "storage/segment_supply.hpp"

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {
namespace {

struct Watched {
  explicit Watched(SimulatedDisk& disk)
      : supply(disk, small_segment, worker,
               {[this](bool now) { space.push_back(now); },
                [this](const Failure& failure) { failures.push_back(failure); }}) {}

  void check() {
    supply.check();
    worker.drain();
  }

  std::vector<bool> space;
  std::vector<Failure> failures;
  Worker worker;
  SegmentSupply supply;
};

}  // namespace

TEST_CASE("a segment and the ballast are prepared where there is room") {
  SimulatedDisk disk;
  Watched watched(disk);
  CHECK_FALSE(watched.supply.free_bytes());

  watched.check();

  CHECK(*disk.list() == std::vector<std::string>{"ballast", "next-segment.tmp"});
  CHECK(watched.space.empty());
  CHECK(watched.supply.take());
}

TEST_CASE("the prepared segment that the log has taken is left alone until the log has moved on") {
  SimulatedDisk disk;
  Watched watched(disk);
  watched.check();
  REQUIRE(watched.supply.take());
  REQUIRE(disk.rename("next-segment.tmp", "wal-x"));  // as a rotation does, half way through

  watched.check();
  CHECK_FALSE(disk.exists("next-segment.tmp"));

  watched.supply.rotated();
  watched.worker.drain();
  CHECK(disk.exists("next-segment.tmp"));
}

TEST_CASE("little room is told once, and once again when there is enough") {
  SimulatedDisk disk;
  Watched watched(disk);
  watched.check();

  disk.set_capacity(2 * small_segment + small_segment / 2);
  watched.check();
  watched.check();
  CHECK(watched.space == std::vector<bool>{true});
  CHECK(watched.supply.free_bytes() == small_segment / 2);

  disk.set_capacity(8 * small_segment);
  watched.check();
  CHECK(watched.supply.free_bytes() == 6 * small_segment);
  CHECK(watched.space == std::vector<bool>{true, false});
}

TEST_CASE("a full disk is no failure: the ballast is given up when the log would have to stop") {
  SimulatedDisk disk;
  Watched watched(disk);
  watched.check();
  REQUIRE(watched.supply.take());
  REQUIRE(disk.rename("next-segment.tmp", "wal-x"));
  disk.set_capacity(2 * small_segment);
  watched.supply.rotated();

  watched.check();
  CHECK(watched.space == std::vector<bool>{true});
  CHECK(disk.exists("ballast"));

  CHECK(watched.supply.take());
  CHECK_FALSE(disk.exists("ballast"));
  CHECK(watched.failures.empty());
}

TEST_CASE("without any room the log waits, until it is told to stop") {
  SimulatedDisk disk(1, small_segment / 2);
  Watched watched(disk);

  watched.supply.stop();

  CHECK_FALSE(watched.supply.take());
  CHECK(watched.failures.empty());
}

TEST_CASE("a disk that fails or a directory that vanished is told once") {
  SimulatedDisk disk;
  Watched watched(disk);
  if (GENERATE(false, true)) {
    disk.vanish();
  } else {
    disk.fail_sync_in(0);
  }

  watched.check();
  watched.check();

  CHECK(watched.failures.size() == 1);
  CHECK_FALSE(watched.supply.take());
}

}  // namespace pawl::storage

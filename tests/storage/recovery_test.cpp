// SPDX-License-Identifier: Apache-2.0
#include "storage/recovery.hpp"

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {
namespace {

using Texts = std::vector<std::string>;

// Three segments: records 1 to 3, 4 to 6, 7 and 8.
void fill(SimulatedDisk& disk) {
  auto log = reopen(disk);
  for (int i = 1; i <= 8; ++i) {
    REQUIRE(append(disk, *log, std::to_string(i) + std::string(300'000, 'x')));
  }
  REQUIRE(disk.exists(wal(3, 7)));
}

Texts firsts(const Texts& records) {
  Texts texts;
  for (const std::string& record : records) texts.push_back(record.substr(0, 1));
  return texts;
}

}  // namespace

TEST_CASE("a start finds the newest snapshot and the records behind it") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(save_snapshot(disk, 2, "two"));
  REQUIRE(save_snapshot(disk, 5, "five"));

  const auto back = read_back(disk);

  REQUIRE(back);
  CHECK(back->chunks == Texts{"five"});
  CHECK(firsts(back->records) == Texts{"6", "7", "8"});
  CHECK(back->recovered.snapshot->index == LogIndex{5});
}

TEST_CASE("a damaged snapshot is named, and the older one is taken with the log behind it") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(save_snapshot(disk, 2, "two"));
  REQUIRE(save_snapshot(disk, 5, "five"));
  const bool unreadable = GENERATE(false, true);
  if (unreadable) {
    disk.make_unreadable(snap(5), 64, 128);
  } else {
    disk.rot(snap(5), 100, std::byte{4});
  }

  const auto back = read_back(disk);

  REQUIRE(back);
  CHECK(back->chunks == Texts{"two"});
  CHECK(firsts(back->records) == Texts{"3", "4", "5", "6", "7", "8"});
  REQUIRE(back->recovered.rejected.size() == 1);
  CHECK(back->recovered.rejected[0].path == "/data/" + snap(5));
}

TEST_CASE("a damaged snapshot is set aside, so that the sound ones count as the two newest") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(save_snapshot(disk, 2, "two"));
  REQUIRE(save_snapshot(disk, 7, "seven"));
  disk.rot(snap(7), 100, std::byte{4});

  REQUIRE(reopen(disk));
  REQUIRE(save_snapshot(disk, 8, "eight"));
  REQUIRE(delete_superseded(disk));

  CHECK(disk.exists("lost-" + snap(7)));
  CHECK(disk.exists(snap(2)));
  disk.rot(snap(8), 100, std::byte{4});
  CHECK(firsts(read_back(disk)->records) == Texts{"3", "4", "5", "6", "7", "8"});
}

TEST_CASE("two snapshots and the segments the older one needs are enough, and are kept") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(save_snapshot(disk, 1, "one"));
  REQUIRE(save_snapshot(disk, 3, "three"));
  REQUIRE(save_snapshot(disk, 7, "seven"));

  REQUIRE(delete_superseded(disk));

  CHECK(*disk.list() == Texts{snap(3), snap(7), wal(2, 4), wal(3, 7)});
  disk.rot(snap(7), 100, std::byte{4});
  CHECK(firsts(read_back(disk)->records) == Texts{"4", "5", "6", "7", "8"});
}

TEST_CASE("a damaged log is refused with the file, the offset, the records and the command") {
  SimulatedDisk disk;
  fill(disk);
  disk.rot(wal(2, 4), 512 + 200, std::byte{1});

  const auto log = reopen(disk);

  REQUIRE_FALSE(log);
  CHECK(log.error().kind == FailureKind::damaged);
  CHECK(log.error().message ==
        "/data/" + wal(2, 4) +
            ": damaged at offset 512: the checksum of a batch is wrong; records from index 4 to 4; "
            "restore a backup, or give up this and all that follows with: pawld repair "
            "--accept-loss");
}

TEST_CASE("an accepted loss keeps what is before it and sets the rest aside") {
  SimulatedDisk disk;
  fill(disk);
  disk.rot(wal(2, 4), 512 + 200, std::byte{1});

  {
    auto log = reopen(disk, nullptr, options_with(false, OnLoss::keep_prefix));
    REQUIRE(log);
    REQUIRE(append(disk, *log, "new"));
  }

  const auto back = read_back(disk);
  CHECK(std::holds_alternative<journal::Clean>(back->recovered.log.verdict));
  CHECK(firsts(back->records) == Texts{"1", "2", "3", "n"});
  CHECK(disk.exists("lost-" + wal(3, 7)));
}

TEST_CASE("an accepted loss stays accepted though META knew more to be durable") {
  SimulatedDisk disk;
  fill(disk);
  disk.rot(wal(3, 7), 512 + 200, std::byte{1});
  journal::Meta meta;
  meta.durable = journal::BatchSequence{8};
  const auto found = read_back(disk, meta);
  REQUIRE(std::holds_alternative<journal::Damaged>(found->recovered.log.verdict));
  REQUIRE(open_log(disk, found->recovered, options_with(false, OnLoss::keep_prefix)));

  const auto back = read_back(disk, meta);

  CHECK(std::holds_alternative<journal::Clean>(back->recovered.log.verdict));
  CHECK(firsts(back->records) == Texts{"1", "2", "3", "4", "5", "6"});
}

TEST_CASE("a lost segment can be given up, even the only one") {
  SimulatedDisk disk;
  fill(disk);
  const auto name = GENERATE(wal(1, 1), wal(2, 4));
  REQUIRE(disk.remove(name));
  REQUIRE_FALSE(reopen(disk));

  REQUIRE(reopen(disk, nullptr, options_with(false, OnLoss::keep_prefix)));

  CHECK(reopen(disk));
  CHECK(firsts(read_back(disk)->records) == (name == wal(1, 1) ? Texts{} : Texts{"1", "2", "3"}));
}

TEST_CASE("a read error in the log is refused, never skipped") {
  SimulatedDisk disk;
  fill(disk);
  disk.make_unreadable(wal(3, 7), 512 + 5000, 512 + 5100);

  const auto log = reopen(disk);

  REQUIRE_FALSE(log);
  CHECK(log.error().message.find("the disk reports a read error") != std::string::npos);
}

TEST_CASE("a last batch that rotted is suspect, and known to be lost if META knew it durable") {
  SimulatedDisk disk;
  fill(disk);
  const journal::ReplayResult log = read_back(disk)->recovered.log;
  REQUIRE(log.segment == journal::SegmentNumber{3});
  disk.rot(wal(3, 7), log.offset - 300, std::byte{1});

  CHECK(std::holds_alternative<journal::Suspect>(read_back(disk)->recovered.log.verdict));
  journal::Meta meta;
  meta.durable = journal::BatchSequence{8};
  CHECK(std::holds_alternative<journal::Damaged>(read_back(disk, meta)->recovered.log.verdict));
}

TEST_CASE("a snapshot that knew more of the log than there is reveals the loss") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(save_snapshot(disk, 2, "two", 8));
  REQUIRE(disk.remove(wal(3, 7)));

  CHECK(std::holds_alternative<journal::Damaged>(read_back(disk)->recovered.log.verdict));
}

TEST_CASE("a log that ends below the snapshot goes on behind the snapshot") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(save_snapshot(disk, 1000, "from another node"));
  {
    auto log = reopen(disk);
    REQUIRE(log);
    REQUIRE(append(disk, *log, "next"));
    CHECK(log->end().index == LogIndex{1001});
  }

  const auto back = read_back(disk);
  CHECK(back->records == Texts{"next"});
  CHECK(std::holds_alternative<journal::Clean>(back->recovered.log.verdict));
  disk.rot(snap(1000), 100, std::byte{4});
  CHECK(std::holds_alternative<journal::Damaged>(read_back(disk)->recovered.log.verdict));
}

TEST_CASE("a restored snapshot without a log is no new directory, but can be made one") {
  SimulatedDisk disk;
  REQUIRE(save_snapshot(disk, 1000, "backup"));
  REQUIRE_FALSE(reopen(disk));
  {
    auto log = reopen(disk, nullptr, options_with(false, OnLoss::keep_prefix));
    REQUIRE(log);
    REQUIRE(append(disk, *log, "next"));
  }
  CHECK(read_back(disk)->records == Texts{"next"});
  CHECK(reopen(disk));
}

TEST_CASE("leftovers of an interrupted run are deleted") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(disk.create("snap-x.tmp"));
  REQUIRE(prepare_segment(disk, small_segment));

  REQUIRE(reopen(disk));

  CHECK(*disk.list() == Texts{wal(1, 1), wal(2, 4), wal(3, 7)});
}

TEST_CASE("a start on a full disk takes the ballast") {
  SimulatedDisk disk;
  fill(disk);
  REQUIRE(make_zero_file(disk, "ballast", small_segment));
  disk.set_capacity(4 * small_segment);

  CHECK(reopen(disk));

  CHECK_FALSE(disk.exists("ballast"));
  CHECK(firsts(read_back(disk)->records).size() == 8);
}

}  // namespace pawl::storage

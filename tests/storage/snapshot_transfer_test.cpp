// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot_transfer.hpp"

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {
namespace {

using Taken = IncomingSnapshot::Taken;

// The snapshot that the sender's disk holds, of several parts.
std::string large() { return std::string(journal::max_chunk_bytes, 'x'); }

Result<void> save_large(SimulatedDisk& disk, std::uint64_t index) {
  SnapshotFile file(disk, {LogIndex{index}, Epoch{1}, journal::BatchSequence{90}});
  if (const auto done = file.begin(journal::bytes_of("head")); !done) return done.error();
  for (int i = 0; i < 5; ++i) {
    if (const auto done = file.chunk(journal::bytes_of(large())); !done) return done.error();
  }
  if (const auto done = file.finish(); !done) return done.error();
  return {};
}

std::vector<SnapshotPart> parts_of(SnapshotSource& source) {
  std::vector<SnapshotPart> parts;
  journal::SnapshotName upto;
  std::uint64_t offset = 0;
  do {
    const auto part = source.read(1, upto, offset);
    REQUIRE(part);
    REQUIRE(*part);
    parts.push_back(**part);
    upto = parts.back().upto;
    offset = parts.back().offset + parts.back().bytes.size();
  } while (!parts.back().last);
  return parts;
}

Result<void> read_back_whole(IncomingSnapshot& incoming) {
  while (true) {
    const auto whole = incoming.read_back_piece();
    if (!whole) return whole.error();
    if (*whole) return {};
  }
}

std::vector<SnapshotPart> sent(std::uint64_t index = 7) {
  SimulatedDisk sender;
  REQUIRE(save_large(sender, index));
  SnapshotSource source(sender);
  return parts_of(source);
}

}  // namespace

TEST_CASE("a snapshot sent in parts stands on the other disk, and survives a power cut there") {
  const auto seed = GENERATE(range(1U, 6U));
  const auto parts = sent();
  REQUIRE(parts.size() == 3);
  SimulatedDisk disk(seed);
  IncomingSnapshot incoming(disk);
  for (const SnapshotPart& part : parts) {
    const auto taken = incoming.take(part);
    REQUIRE(taken);
    REQUIRE(*taken == (part.last ? Taken::all : Taken::part));
    REQUIRE_FALSE(disk.exists(snap(7)));
  }
  REQUIRE(read_back_whole(incoming));

  disk.cut_power();

  const auto back = read_back(disk);
  CHECK(back->chunks == std::vector<std::string>(5, large()));
  // What the sender's log reached says nothing about this one.
  CHECK(back->recovered.snapshot == journal::SnapshotHeader{LogIndex{7}, Epoch{1}, {}});
  CHECK_FALSE(disk.exists("incoming-snapshot.tmp"));
}

TEST_CASE("the newest snapshot is sent, and the one begun to its end though it is deleted") {
  SimulatedDisk disk;
  SnapshotSource source(disk);
  CHECK(*source.read(1, {}, 0) == std::nullopt);
  REQUIRE(save_large(disk, 3));
  REQUIRE(save_large(disk, 7));
  const auto first = source.read(1, {}, 0);
  REQUIRE((*first)->upto.index == LogIndex{7});
  REQUIRE(save_snapshot(disk, 8, "eight"));
  REQUIRE(disk.remove(snap(7)));

  const std::uint64_t offset = (*first)->bytes.size();
  const auto second = source.read(1, (*first)->upto, offset);

  CHECK((*second)->upto.index == LogIndex{7});
  CHECK((*second)->offset == offset);
  SECTION("another reader begins with the newest") {
    CHECK((*source.read(2, {}, 0))->upto.index == LogIndex{8});
  }
  SECTION("and so does one whose snapshot is gone") {
    const auto anew = source.read(2, (*first)->upto, offset);
    CHECK((*anew)->upto.index == LogIndex{8});
    CHECK((*anew)->offset == 0);
    CHECK((*anew)->last);
  }
}

TEST_CASE(
    "a part that is damaged, missing, or of another snapshot is refused, and all begins anew") {
  auto parts = sent();
  SimulatedDisk disk;
  IncomingSnapshot incoming(disk);
  const auto take = [&](const SnapshotPart& part) { return *incoming.take(part); };

  SECTION("damaged") {
    REQUIRE(take(parts[0]) == Taken::part);
    SnapshotPart bad = parts[1];
    bad.bytes[1'000] ^= 1;
    CHECK(take(bad) == Taken::refused);
    CHECK(take(parts[1]) == Taken::refused);
  }
  SECTION("missing") {
    REQUIRE(take(parts[0]) == Taken::part);
    CHECK(take(parts[2]) == Taken::refused);
  }
  SECTION("the last one too early") {
    REQUIRE(take(parts[0]) == Taken::part);
    SnapshotPart early = parts[1];
    early.last = true;
    CHECK(take(early) == Taken::refused);
  }
  SECTION("never begun") { CHECK(take(parts[1]) == Taken::refused); }
  SECTION("of another snapshot") {
    REQUIRE(take(parts[0]) == Taken::part);
    CHECK(take(sent(8)[1]) == Taken::refused);
  }
  SECTION("under another name") {
    for (SnapshotPart& part : parts) part.upto.epoch = Epoch{2};
    CHECK(take(parts[0]) == Taken::refused);
  }

  CHECK(disk.list()->empty());
  parts = sent();
  for (const SnapshotPart& part : parts) REQUIRE(take(part) != Taken::refused);
  REQUIRE(read_back_whole(incoming));
  CHECK(read_back(disk)->chunks.size() == 5);
}

TEST_CASE("a snapshot that finds no room leaves nothing behind") {
  const auto parts = sent();
  SimulatedDisk disk(1, 600'000);
  IncomingSnapshot incoming(disk);
  REQUIRE(incoming.take(parts[0]));

  const auto taken = incoming.take(parts[1]);

  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind == FailureKind::no_space);
  CHECK(disk.list()->empty());
  CHECK(*incoming.take(parts[2]) == Taken::refused);
}

}  // namespace pawl::storage

// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot_file.hpp"

#include "storage/catch_result.hpp"
#include "storage/storage_builder.hpp"

namespace pawl::storage {

TEST_CASE("a snapshot gets its name only when it is whole, whenever power is cut") {
  const auto seed = GENERATE(range(1U, 6U));
  bool done = false;
  for (std::uint64_t steps = 0; !done; ++steps) {
    CAPTURE(seed, steps);
    SimulatedDisk disk(seed * 100 + steps);
    disk.stop_after(steps);
    const bool saved = bool{save_snapshot(disk, 9, std::string(200'000, 'x'))};
    done = !disk.stopped();
    disk.cut_power();

    if (saved) REQUIRE(disk.exists(snap(9)));
    if (!disk.exists(snap(9))) continue;
    const auto file = std::move(*disk.open(snap(9)));
    REQUIRE(std::holds_alternative<journal::SnapshotWhole>(*read_snapshot(*file, {})));
  }
}

TEST_CASE("a snapshot that does not fit is given up without a trace") {
  SimulatedDisk disk(1, 300'000);
  SnapshotFile file(disk, {LogIndex{1}, Epoch{1}, {}});
  const std::string chunk(200'000, 'x');
  REQUIRE(file.begin({}));
  REQUIRE(file.chunk(journal::bytes_of(chunk)));

  CHECK(file.chunk(journal::bytes_of(chunk)).error().kind == FailureKind::no_space);
  REQUIRE(file.abandon());

  CHECK(disk.list()->empty());
}

TEST_CASE("a long snapshot is flushed as it grows, so that no flush holds up the log for long") {
  constexpr std::uint64_t megabytes = 16;
  SimulatedDisk disk;
  SnapshotFile file(disk, {LogIndex{1}, Epoch{1}, {}});
  const std::string chunk(journal::max_chunk_bytes, 'x');
  REQUIRE(file.begin({}));
  for (std::uint64_t written = 0; written < megabytes << 20; written += chunk.size()) {
    REQUIRE(file.chunk(journal::bytes_of(chunk)));
  }

  CHECK(disk.syncs() >= megabytes - 1);
}

TEST_CASE("a snapshot whose flush failed gets no name") {
  SimulatedDisk disk;
  disk.fail_sync_in(0);
  CHECK(save_snapshot(disk, 1, "chunk").error().kind == FailureKind::sync);
  CHECK_FALSE(disk.exists(snap(1)));
}

}  // namespace pawl::storage

// SPDX-License-Identifier: Apache-2.0
#include "storage/meta_file.hpp"

#include "storage/catch_result.hpp"
#include "storage/simulated_disk.hpp"

namespace pawl::storage {
namespace {

journal::Meta meta_with(std::uint64_t ceiling) {
  journal::Meta meta;
  meta.node = "n1";
  meta.token_ceiling = Token{ceiling};
  return meta;
}

void write(SimulatedDisk& disk, std::uint64_t ceiling) {
  MetaFile file(disk);
  REQUIRE(file.read());
  journal::Meta meta = meta_with(ceiling);
  REQUIRE(file.write(meta));
}

std::uint64_t read_ceiling(SimulatedDisk& disk) {
  MetaFile file(disk);
  const auto read = file.read();
  REQUIRE(read);
  REQUIRE(*read);
  return (*read)->token_ceiling.value;
}

}  // namespace

TEST_CASE("a new directory has no META, and what is written comes back") {
  SimulatedDisk disk;
  MetaFile file(disk);
  CHECK_FALSE(*file.read());

  journal::Meta meta = meta_with(7);
  REQUIRE(file.write(meta));
  meta.token_ceiling = Token{8};
  REQUIRE(file.write(meta));

  MetaFile again(disk);
  CHECK(**again.read() == meta);
}

TEST_CASE("a power cut while META is written leaves the old value or the new one") {
  const auto steps = GENERATE(range(0U, 6U));
  const auto seed = GENERATE(range(1U, 6U));
  SimulatedDisk disk(seed);
  write(disk, 1);
  MetaFile file(disk);
  REQUIRE(file.read());
  journal::Meta meta = meta_with(2);

  disk.stop_after(steps);
  const bool written = bool{file.write(meta)};
  disk.cut_power();

  const std::uint64_t ceiling = read_ceiling(disk);
  CHECK((ceiling == 2 || (ceiling == 1 && !written)));
}

TEST_CASE("either slot of META may rot or become unreadable without loss") {
  const std::uint64_t slot = GENERATE(0U, 4096U);
  const bool unreadable = GENERATE(false, true);
  SimulatedDisk disk;
  write(disk, 1);
  write(disk, 2);

  if (unreadable) {
    disk.make_unreadable("META", slot, slot + 512);
  } else {
    disk.rot("META", slot + 41, std::byte{1});
  }

  CHECK(read_ceiling(disk) == 2);
}

TEST_CASE("META damaged in both slots is refused") {
  SimulatedDisk disk;
  write(disk, 1);
  disk.rot("META", 100, std::byte{1});
  disk.rot("META", 4196, std::byte{1});
  MetaFile file(disk);
  CHECK(file.read().error().kind == FailureKind::damaged);
}

TEST_CASE("a log without META is damage, not a new directory") {
  SimulatedDisk disk;
  const std::string name = GENERATE("wal-00000000000000000001-00000000000000000001",
                                    "snap-00000000000000000001-00000000000000000001");
  REQUIRE(disk.create(name));
  MetaFile file(disk);
  CHECK(file.read().error().kind == FailureKind::damaged);
}

TEST_CASE("a failed flush of META is reported, the change does not count") {
  SimulatedDisk disk;
  write(disk, 1);
  MetaFile file(disk);
  REQUIRE(file.read());
  journal::Meta meta = meta_with(2);
  disk.fail_sync_in(GENERATE(0U, 1U));

  CHECK(file.write(meta).error().kind == FailureKind::sync);
}

}  // namespace pawl::storage

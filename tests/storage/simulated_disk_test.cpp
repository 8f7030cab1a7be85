// SPDX-License-Identifier: Apache-2.0
//
// The disk that proves the others must itself be as bad as promised.
#include "storage/simulated_disk.hpp"

#include "storage/catch_result.hpp"

namespace pawl::storage {
namespace {

const std::vector<std::byte> two_sectors(1024, std::byte{7});

std::unique_ptr<File> make(SimulatedDisk& disk, const std::string& name) {
  return std::move(*disk.create(name));
}

}  // namespace

TEST_CASE("what was flushed survives a power cut, what was not may be gone or there in part") {
  std::set<std::vector<std::byte>> outcomes;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SimulatedDisk disk(seed);
    const auto file = make(disk, "a");
    REQUIRE(file->write_at(0, std::vector<std::byte>(1024)));
    REQUIRE(file->sync());
    REQUIRE(disk.sync());
    REQUIRE(file->write_at(0, two_sectors));
    disk.cut_power();
    outcomes.insert(disk.read("a"));
  }
  CHECK(outcomes.size() == 4);
}

TEST_CASE("a name that was not flushed may be gone after a power cut") {
  std::set<bool> outcomes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SimulatedDisk disk(seed);
    make(disk, "a");
    disk.cut_power();
    outcomes.insert(disk.exists("a"));
  }
  CHECK(outcomes.size() == 2);
}

TEST_CASE("after a failed flush memory shows what no later flush brings to the disk") {
  SimulatedDisk disk;
  const auto file = make(disk, "a");
  REQUIRE(disk.sync());
  REQUIRE(file->write_at(0, two_sectors));
  disk.fail_sync_in(0);
  REQUIRE_FALSE(file->sync());
  REQUIRE(file->sync());

  disk.kill_process();
  CHECK(disk.read("a") == two_sectors);
  disk.cut_power();
  CHECK(disk.read("a").empty());
}

}  // namespace pawl::storage

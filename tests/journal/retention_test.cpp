// SPDX-License-Identifier: Apache-2.0
#include "journal/retention.hpp"

#include <catch2/catch.hpp>

namespace pawl::journal {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

std::string wal(std::uint64_t number, std::uint64_t first) {
  return format_name(SegmentName{SegmentNumber{number}, LogIndex{first}});
}
std::string snap(std::uint64_t index) {
  return format_name(SnapshotName{LogIndex{index}, Epoch{1}});
}

}  // namespace

TEST_CASE("an inventory knows its files in any order and ignores strangers") {
  const Inventory inventory = take_inventory({wal(3, 200), "LOCK", snap(50), wal(2, 100), "README",
                                              snap(150), "next-segment.tmp", wal(1, 1)});

  REQUIRE(inventory.segments.size() == 3);
  CHECK(inventory.segments.front().first_index == LogIndex{1});
  CHECK(inventory.snapshots.front().index == LogIndex{150});
  CHECK(inventory.leftovers == std::vector<std::string>{"next-segment.tmp"});
}

TEST_CASE(
    "replay starts at the last segment that begins at or below the record after the snapshot") {
  const Inventory inventory = take_inventory({wal(1, 1), wal(2, 100), wal(3, 200)});
  const auto first = [&](std::uint64_t snapshot) {
    return segments_behind(inventory, LogIndex{snapshot}).front().number.value;
  };

  CHECK(first(0) == 1);
  CHECK(first(98) == 1);
  CHECK(first(99) == 2);
  CHECK(first(199) == 3);
  CHECK(first(5000) == 3);
  CHECK(segments_behind(take_inventory({}), LogIndex{4}).empty());
}

TEST_CASE("two snapshots are kept, and every segment the older of them needs") {
  CHECK(superseded(take_inventory({wal(1, 1), wal(2, 100)})).empty());
  CHECK(superseded(take_inventory({wal(1, 1), wal(2, 100), snap(150)})).empty());
  CHECK(superseded(take_inventory({wal(1, 1), wal(2, 100), wal(3, 200), snap(150), snap(250)})) ==
        std::vector<std::string>{wal(1, 1)});
  CHECK(superseded(take_inventory({wal(1, 1), wal(2, 100), wal(3, 200), snap(50), snap(150),
                                   snap(250)})) == std::vector<std::string>{snap(50), wal(1, 1)});
  CHECK(superseded(take_inventory({wal(1, 1), snap(150), snap(250)})).empty());
}

TEST_CASE("space is low below two segments and the ballast, and enough again above three") {
  const Space all{32 * mib, 16 * mib, false, true};
  const auto with = [&](std::uint64_t free, bool ready, bool ballast) {
    return Space{free, all.segment_bytes, ready, ballast};
  };

  CHECK_FALSE(is_space_low(all, false));
  CHECK(is_space_low(with(32 * mib - 1, false, true), false));
  CHECK_FALSE(is_space_low(with(16 * mib, true, true), false));
  CHECK(is_space_low(with(16 * mib, true, false), false));
  CHECK(is_space_low(all, true));
  CHECK_FALSE(is_space_low(with(48 * mib, false, true), true));
}

}  // namespace pawl::journal

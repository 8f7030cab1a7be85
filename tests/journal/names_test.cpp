// SPDX-License-Identifier: Apache-2.0
#include "journal/names.hpp"

#include <catch2/catch.hpp>

namespace pawl::journal {

TEST_CASE("names are written with twenty digits and read back") {
  const SegmentName segment{SegmentNumber{7}, LogIndex{18446744073709551615U}};
  const SnapshotName snapshot{LogIndex{1000}, Epoch{3}};

  CHECK(format_name(segment) == "wal-00000000000000000007-18446744073709551615");
  CHECK(format_name(snapshot) == "snap-00000000000000001000-00000000000000000003");
  CHECK(parse_segment_name(format_name(segment)) == segment);
  CHECK(parse_snapshot_name(format_name(snapshot)) == snapshot);
}

TEST_CASE("what does not read back to itself is no name of ours") {
  const std::string name =
      GENERATE("", "wal-", "wal-7-1", "wal-00000000000000000007-00000000000000000001.tmp",
               "wal-0000000000000000000x-00000000000000000001",
               "wal-00000000000000000007_00000000000000000001",
               "wal-99999999999999999999-00000000000000000001",
               "lost-wal-00000000000000000007-00000000000000000001",
               "wal--0000000000000000007-00000000000000000001");
  CHECK_FALSE(parse_segment_name(name));
  CHECK_FALSE(parse_snapshot_name(name));
}

}  // namespace pawl::journal

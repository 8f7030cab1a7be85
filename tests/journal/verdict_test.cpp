// SPDX-License-Identifier: Apache-2.0
#include "journal/verdict.hpp"

#include <catch2/catch.hpp>

namespace pawl::journal {

TEST_CASE("only a clean or a torn log may be continued") {
  CHECK(is_usable(Clean{}));
  CHECK(is_usable(Torn{}));
  CHECK_FALSE(is_usable(Damaged{}));
  CHECK_FALSE(is_usable(Suspect{}));
  CHECK_FALSE(is_usable(NewerFormat{}));
}

TEST_CASE("a verdict says where, what and which records") {
  CHECK(describe(Damaged{SegmentNumber{1}, 512, LogIndex{3}, LogIndex{9}, Flaw::index_gap}) ==
        "damaged at offset 512: there is a gap in the record indices; records from index 3 to 9");
  CHECK(describe(Suspect{SegmentNumber{1}, 1024, LogIndex{3}, LogIndex{}, Flaw::unreadable}) ==
        "suspect at offset 1024: the disk reports a read error; records from index 3 on");
  CHECK(describe(Torn{SegmentNumber{1}, 1024}) ==
        "torn at offset 1024: a last write that never completed");
  CHECK(describe(NewerFormat{SegmentNumber{1}, 2}) ==
        "written in format 2, which is newer than this program");
}

}  // namespace pawl::journal

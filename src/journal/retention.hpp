// SPDX-License-Identifier: Apache-2.0
//
// Decisions about files, made from their names alone: where recovery starts, what is no longer
// needed, and when the disk is too full to promise more. The shell lists, reads and deletes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/names.hpp"

namespace pawl::journal {

struct Inventory {
  std::vector<SnapshotName> snapshots;  // newest first
  std::vector<SegmentName> segments;    // oldest first
  std::vector<std::string> leftovers;   // temporary files of a process that is gone
};

[[nodiscard]] Inventory take_inventory(const std::vector<std::string>& names);

// The segments replay must read behind this snapshot (index 0: none): from the last one that begins
// at or below its next record.
[[nodiscard]] std::vector<SegmentName> segments_behind(const Inventory& inventory,
                                                       LogIndex snapshot);

// Files to delete, in this order: all snapshots but the two newest, and the segments of which the
// older of these two needs nothing. One snapshot alone lets no segment go.
[[nodiscard]] std::vector<std::string> superseded(const Inventory& inventory);

struct Space {
  std::uint64_t free_bytes = 0;
  std::uint64_t segment_bytes = 0;
  bool next_segment_ready = false;
  bool ballast_there = true;
};

// Low: no new locks. It takes one more free segment to leave the state than to enter it.
[[nodiscard]] bool is_space_low(const Space& space, bool was_low);

}  // namespace pawl::journal

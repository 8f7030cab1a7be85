// SPDX-License-Identifier: Apache-2.0
//
// The names in a data directory. Twenty digits, so that a sorted listing is in log order. A name
// that does not read back to itself is not ours.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "journal/record.hpp"

namespace pawl::journal {

inline constexpr std::string_view lock_name = "LOCK";
inline constexpr std::string_view meta_name = "META";
inline constexpr std::string_view ballast_name = "ballast";
inline constexpr std::string_view next_segment_name = "next-segment.tmp";
inline constexpr std::string_view temporary_suffix = ".tmp";
inline constexpr std::string_view lost_prefix = "lost-";  // set aside by an accepted loss

struct SegmentName {
  SegmentNumber number;
  LogIndex first_index;
  auto operator<=>(const SegmentName&) const = default;
};

struct SnapshotName {
  LogIndex index;
  Epoch epoch;
  auto operator<=>(const SnapshotName&) const = default;
};

[[nodiscard]] std::string format_name(const SegmentName& name);   // wal-<number>-<first index>
[[nodiscard]] std::string format_name(const SnapshotName& name);  // snap-<index>-<epoch>
[[nodiscard]] std::optional<SegmentName> parse_segment_name(std::string_view text);
[[nodiscard]] std::optional<SnapshotName> parse_snapshot_name(std::string_view text);

}  // namespace pawl::journal

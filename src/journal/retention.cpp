// SPDX-License-Identifier: Apache-2.0
#include "journal/retention.hpp"

#include <algorithm>

namespace pawl::journal {

Inventory take_inventory(const std::vector<std::string>& names) {
  Inventory inventory;
  for (const std::string& name : names) {
    if (const auto segment = parse_segment_name(name)) inventory.segments.push_back(*segment);
    if (const auto snapshot = parse_snapshot_name(name)) inventory.snapshots.push_back(*snapshot);
    if (name.ends_with(temporary_suffix)) inventory.leftovers.push_back(name);
  }
  std::sort(inventory.segments.begin(), inventory.segments.end());
  std::sort(inventory.snapshots.rbegin(), inventory.snapshots.rend());
  std::sort(inventory.leftovers.begin(), inventory.leftovers.end());
  return inventory;
}

std::vector<SegmentName> segments_behind(const Inventory& inventory, LogIndex snapshot) {
  auto start = inventory.segments.begin();
  for (auto it = start; it != inventory.segments.end(); ++it) {
    if (it->first_index.value <= snapshot.value + 1) start = it;
  }
  return {start, inventory.segments.end()};
}

std::vector<std::string> superseded(const Inventory& inventory) {
  std::vector<std::string> names;
  if (inventory.snapshots.size() < 2) return names;
  for (std::size_t i = 2; i < inventory.snapshots.size(); ++i) {
    names.push_back(format_name(inventory.snapshots[i]));
  }
  const auto needed = segments_behind(inventory, inventory.snapshots[1].index);
  const std::size_t gone = inventory.segments.size() - needed.size();
  for (std::size_t i = 0; i < gone; ++i) names.push_back(format_name(inventory.segments[i]));
  return names;
}

bool is_space_low(const Space& space, bool was_low) {
  std::uint64_t wanted = (was_low ? 3 : 2) * space.segment_bytes;
  if (space.next_segment_ready) wanted -= space.segment_bytes;
  if (!space.ballast_there) wanted += space.segment_bytes;
  return space.free_bytes < wanted;
}

}  // namespace pawl::journal

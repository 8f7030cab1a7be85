// SPDX-License-Identifier: Apache-2.0
//
// What one seed decides about the disk below the node, and how often the machine goes down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/moment.hpp"

namespace pawl::simulation {

struct DiskOptions {
  Span mean_life{0};  // between two ends of the process
  Span most_down{0};
  std::uint32_t power_permille = 0;       // of ends: the power goes, else the process alone
  std::uint32_t clean_permille = 0;       // of ends: in order
  std::uint32_t step_permille = 0;        // of power cuts: in the midst of some later file work
  std::uint32_t sync_error_permille = 0;  // of ends: by a failed flush
  std::uint32_t damage_permille = 0;      // of ends: something rots meanwhile
  std::uint32_t full_permille = 0;        // of lives: the disk fills up for a while
  std::size_t most_filling = 0;           // bytes added to a batch, so that segments are full soon
  std::uint64_t snapshot_after = 0;
};

struct Options;

// The same habits as without a disk, and a machine of its own below them.
[[nodiscard]] Options draw_options_with_disk(std::uint64_t seed);
[[nodiscard]] std::string to_text(const DiskOptions& options);

}  // namespace pawl::simulation

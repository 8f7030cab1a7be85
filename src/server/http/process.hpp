// SPDX-License-Identifier: Apache-2.0
//
// What this process takes of the machine. Nothing here waits for a disk.
#pragma once

#include <cstdint>
#include <optional>

namespace pawl::server::http {

struct Process {
  double cpu_seconds = 0;
  std::optional<std::uint64_t> resident_bytes;
  std::optional<std::uint64_t> open_descriptors;
  std::uint64_t most_descriptors = 0;
};

// To count descriptors takes long where there are many: not with more connections than this.
inline constexpr std::uint64_t most_counted = 1'000;

[[nodiscard]] Process read_process(std::uint64_t connections);

}  // namespace pawl::server::http

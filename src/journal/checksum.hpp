// SPDX-License-Identifier: Apache-2.0
//
// The one checksum of all files: XXH3, 64 bits. The seed ties what is summed to its place (the
// segment's salt, the chunk before), so that valid bytes in a wrong place are not valid.
#pragma once

#include <cstdint>

#include "journal/bytes.hpp"

namespace pawl::journal {

[[nodiscard]] std::uint64_t checksum(Bytes bytes, std::uint64_t seed);

// A good mixing of 64 bits (splitmix64); the scrambling stream is made of it.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

}  // namespace pawl::journal

// SPDX-License-Identifier: Apache-2.0
//
// The first 16 bytes of every file, in every version for ever: magic, version, and a check of these
// two. So a rotten version field is told from a file that a newer pawld wrote.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "journal/bytes.hpp"
#include "journal/checksum.hpp"

namespace pawl::journal {

inline constexpr std::uint32_t format_version = 1;
inline constexpr std::size_t preamble_bytes = 16;

inline constexpr std::string_view segment_magic = "PAWL-WAL";
inline constexpr std::string_view batch_magic = "PAWLBTCH";
inline constexpr std::string_view meta_magic = "PAWLMETA";
inline constexpr std::string_view snapshot_magic = "PAWLSNAP";

inline void store_magic(MutableBytes bytes, std::size_t at, std::string_view magic) {
  for (std::size_t i = 0; i < magic.size(); ++i)
    store8(bytes, at + i, static_cast<std::uint8_t>(magic[i]));
}

[[nodiscard]] inline bool has_magic(Bytes bytes, std::size_t at, std::string_view magic) {
  if (bytes.size() < at + magic.size()) return false;
  for (std::size_t i = 0; i < magic.size(); ++i) {
    if (load8(bytes, at + i) != static_cast<std::uint8_t>(magic[i])) return false;
  }
  return true;
}

inline void store_preamble(MutableBytes bytes, std::string_view magic,
                           std::uint32_t version = format_version) {
  store_magic(bytes, 0, magic);
  store32(bytes, 8, version);
  store32(bytes, 12, static_cast<std::uint32_t>(checksum(bytes.first(12), 0)));
}

// The version that wrote this, or 0: not such a file, or damaged.
[[nodiscard]] inline std::uint32_t read_version(Bytes bytes, std::string_view magic) {
  if (bytes.size() < preamble_bytes || !has_magic(bytes, 0, magic)) return 0;
  if (load32(bytes, 12) != static_cast<std::uint32_t>(checksum(bytes.first(12), 0))) return 0;
  return load32(bytes, 8);
}

}  // namespace pawl::journal

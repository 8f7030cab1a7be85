// SPDX-License-Identifier: Apache-2.0
//
// XXH3 with a seed of the process's own, so that nobody can aim names at one bucket. Nothing that
// is written, sent or ordered ever depends on it.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace pawl {

inline std::uint32_t hash_text(std::string_view text, std::uint64_t seed) {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(text.data(), text.size(), seed));
}

inline std::uint32_t hash_number(std::uint64_t value, std::uint64_t seed) {
  value = (value ^ seed) * 0x9E37'79B9'7F4A'7C15u;
  return static_cast<std::uint32_t>(value >> 32);
}

}  // namespace pawl

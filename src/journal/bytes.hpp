// SPDX-License-Identifier: Apache-2.0
//
// Bytes as they lie on the disk: little endian. Offsets are checked by the caller against the size;
// here a wrong one is our defect and ends the process.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/ensure.hpp"

namespace pawl::journal {

static_assert(std::endian::native == std::endian::little, "load and store copy as it lies");

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

[[nodiscard]] inline Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// What a disk writes whole or not at all.
inline constexpr std::size_t sector_bytes = 512;

template <class Unsigned>
[[nodiscard]] Unsigned load(Bytes bytes, std::size_t at) {
  ensure(at + sizeof(Unsigned) <= bytes.size());
  Unsigned value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(Unsigned));
  return value;
}

[[nodiscard]] inline std::uint8_t load8(Bytes bytes, std::size_t at) {
  return load<std::uint8_t>(bytes, at);
}
[[nodiscard]] inline std::uint32_t load32(Bytes bytes, std::size_t at) {
  return load<std::uint32_t>(bytes, at);
}
[[nodiscard]] inline std::uint64_t load64(Bytes bytes, std::size_t at) {
  return load<std::uint64_t>(bytes, at);
}

template <class Unsigned>
void store(MutableBytes bytes, std::size_t at, Unsigned value) {
  ensure(at + sizeof(Unsigned) <= bytes.size());
  std::memcpy(bytes.data() + at, &value, sizeof(Unsigned));
}

inline void store8(MutableBytes bytes, std::size_t at, std::uint8_t value) {
  store(bytes, at, value);
}
inline void store32(MutableBytes bytes, std::size_t at, std::uint32_t value) {
  store(bytes, at, value);
}
inline void store64(MutableBytes bytes, std::size_t at, std::uint64_t value) {
  store(bytes, at, value);
}

[[nodiscard]] inline bool all_zero(Bytes bytes) {
  if (bytes.empty()) return true;
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

[[nodiscard]] constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

}  // namespace pawl::journal

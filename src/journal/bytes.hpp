// SPDX-License-Identifier: Apache-2.0
//
// Bytes as they lie on the disk: little endian, whatever the machine. Offsets are checked by the
// caller against the size; here a wrong one is our defect and ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/ensure.hpp"

namespace pawl::journal {

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
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  }
  return static_cast<Unsigned>(value);
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
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    bytes[at + i] = static_cast<std::byte>(std::uint64_t{value} >> (8 * i));
  }
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
  for (const std::byte byte : bytes) {
    if (byte != std::byte{0}) return false;
  }
  return true;
}

[[nodiscard]] constexpr std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

}  // namespace pawl::journal

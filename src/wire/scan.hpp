// SPDX-License-Identifier: Apache-2.0
//
// Eight bytes of a line at a time, in one word: a mark is the high bit of a byte's place.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::wire::scan {

using Eight = std::uint64_t;

static_assert(std::endian::native == std::endian::little, "the first byte has the lowest mark");

constexpr Eight each(unsigned char byte) { return 0x0101010101010101U * byte; }

inline Eight load(const char* bytes) {
  Eight word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

constexpr Eight not_ascii(Eight bytes) { return bytes & each(0x80); }

// These mark a byte only where one is, and the first one always; one behind it may be marked
// wrongly, for a borrow.
constexpr Eight below(Eight bytes, unsigned char limit) {  // limit: at most 0x80
  return (bytes - each(limit)) & ~bytes & each(0x80);
}
constexpr Eight equal(Eight bytes, char byte) {
  return below(bytes ^ each(static_cast<unsigned char>(byte)), 1);
}

// The place of the first of these bytes, or the size.
template <char... Wanted>
std::size_t find_any(std::string_view text) {
  std::size_t at = 0;
  for (; at + sizeof(Eight) <= text.size(); at += sizeof(Eight)) {
    const Eight bytes = load(text.data() + at);
    const Eight found = (equal(bytes, Wanted) | ...);
    if (found != 0) return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  while (at < text.size() && ((text[at] != Wanted) && ...)) ++at;
  return at;
}

// Does `marks(eight bytes)` mark nothing anywhere? False too for fewer than eight bytes: look at
// them one by one.
template <class Marks>
bool has_none(std::string_view text, Marks marks) {
  if (text.size() < sizeof(Eight)) return false;
  const char* const last = text.data() + text.size() - sizeof(Eight);
  Eight found = marks(load(last));
  for (const char* at = text.data(); at < last; at += sizeof(Eight)) found |= marks(load(at));
  return found == 0;
}

}  // namespace pawl::wire::scan

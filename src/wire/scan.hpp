// SPDX-License-Identifier: Apache-2.0
//
// Eight bytes of a line at a time, in one word: a mark is the high bit of a byte's place.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

// Each byte for itself: with its high bit set none borrows from the next.
constexpr Eight below(Eight bytes, unsigned char limit) {  // limit: at most 0x80
  return ~((bytes | each(0x80)) - each(limit)) & ~bytes & each(0x80);
}

// What ASCII of a lock name does not have; and what is not ASCII, and needs a closer look.
constexpr Eight not_plainly_in_name(Eight bytes) {
  const auto is_not = [bytes](unsigned char byte) {
    return ((bytes ^ each(byte)) | each(0x80)) - each(1);
  };
  const Eight beyond_blanks = (bytes | each(0x80)) - each(0x21);
  const Eight plain = beyond_blanks & is_not('"') & is_not('=') & is_not(',') & is_not(0x7F);
  return (~plain | bytes) & each(0x80);
}

// The marks of eight bytes as the lowest eight bits, the first byte's the lowest.
constexpr std::uint64_t gathered(Eight marks) { return marks * 0x0002040810204081U >> 56U; }

#ifdef __SSE2__
// The same of sixteen bytes, in a third of the instructions.
inline std::uint64_t sixteen(const char* text) {
  __m128i bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  const auto is = [bytes](char byte) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte)); };
  const __m128i beyond_blanks = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));  // and ASCII
  const __m128i odd =
      _mm_or_si128(_mm_or_si128(is('"'), is('=')), _mm_or_si128(is(','), is('\x7F')));
  return static_cast<std::uint16_t>(_mm_movemask_epi8(_mm_andnot_si128(odd, beyond_blanks)) ^
                                    0xFFFF);
}
#endif

// not_plainly_in_name of up to sixty-four bytes, a bit each.
inline std::uint64_t bits_not_plainly_in_name(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::uint64_t found = 0;
  std::size_t at = 0;
#ifdef __SSE2__
  if (text.size() >= 16) {
    for (; at + 16 < text.size(); at += 16) found |= sixteen(text.data() + at) << at;
    return found | sixteen(end - 16) << (text.size() - 16);
  }
#endif
  for (; at + sizeof(Eight) <= text.size(); at += sizeof(Eight)) {
    found |= gathered(not_plainly_in_name(load(text.data() + at))) << at;
  }
  const std::size_t left = text.size() - at;
  if (left == 0) return found;
  Eight last = 0;
  if (at == 0) {
    std::memcpy(&last, text.data(), left);
  } else {
    last = load(end - sizeof last) >> 8 * (sizeof last - left);
  }
  const std::uint64_t real = (std::uint64_t{1} << left) - 1;  // zeros stand behind the end
  return found | (gathered(not_plainly_in_name(last)) & real) << at;
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

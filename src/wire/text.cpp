// SPDX-License-Identifier: Apache-2.0
#include "wire/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace pawl::wire {
namespace {

enum Class : std::uint8_t { in_name = 1, in_id = 2, in_tag = 4 };

constexpr bool is_alphanumeric(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

constexpr std::array<std::uint8_t, 256> classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    int of = 0;
    if (c > 0x20 && c != 0x7F && c != '"' && c != '=' && c != ',') of |= in_name;
    if (is_alphanumeric(c) || c == '.' || c == '_' || c == '-') of |= in_id | in_tag;
    if (c == ':') of |= in_id;
    table[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(of);
  }
  return table;
}();

bool all_of_class(std::string_view text, Class wanted) {
  return std::all_of(text.begin(), text.end(), [wanted](char c) {
    return (classes[static_cast<unsigned char>(c)] & wanted) != 0;
  });
}

// The length of the character at the start of `bytes`, 0 if it is none. RFC 3629 §4.
std::size_t character_at(std::string_view bytes) {
  const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto continues = [&](std::size_t i) {
    return i < bytes.size() && (byte(i) & 0xC0U) == 0x80U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first != 0 ? 1 : 0;
  if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
  const unsigned second = byte(1);
  if (first < 0xE0) return 2;
  if (first == 0xE0 && second < 0xA0) return 0;
  if (first == 0xED && second > 0x9F) return 0;
  if (!continues(2)) return 0;
  if (first < 0xF0) return 3;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second > 0x8F) return 0;
  return continues(3) ? 4 : 0;
}

constexpr std::uint64_t every_low = 0x0101010101010101U;
constexpr std::uint64_t every_high = 0x8080808080808080U;

}  // namespace

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), sizeof word);
      // Eight bytes of ASCII, none of them zero: a zero borrows from its own high bit.
      if (((word | (word - every_low)) & every_high) == 0) {
        bytes.remove_prefix(sizeof word);
        continue;
      }
    }
    const std::size_t length = character_at(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool has_name_characters(std::string_view text) {
  if (!all_of_class(text, in_name)) return false;
  for (std::size_t at = text.find('\xC2'); at != text.npos; at = text.find('\xC2', at + 1)) {
    if (control_at(text.substr(at)) != 0) return false;
  }
  return true;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && has_name_characters(text);
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= longest_id && all_of_class(text, in_id);
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= longest_tag && all_of_class(text, in_tag);
}

}  // namespace pawl::wire

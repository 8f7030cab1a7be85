// SPDX-License-Identifier: Apache-2.0
#include "wire/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "wire/scan.hpp"

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

// The length that a character's first byte announces, 0 if no character starts so. RFC 3629 §4.
std::size_t announced_length(unsigned first) {
  if (first < 0x80) return first != 0 ? 1 : 0;
  if (first < 0xC2 || first > 0xF4) return 0;
  if (first < 0xE0) return 2;
  return first < 0xF0 ? 3 : 4;
}

// Overlong forms, surrogates and what is past U+10FFFF are all told by the first two bytes.
bool may_follow(unsigned first, unsigned second) {
  const unsigned least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  return second >= least && second <= most;
}

// The length of the character at the start of `bytes`, 0 if it is none.
std::size_t character_at(std::string_view bytes) {
  const auto byte = [bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const std::size_t length = announced_length(byte(0));
  if (length > bytes.size()) return 0;
  if (length > 1 && !may_follow(byte(0), byte(1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

}  // namespace

bool is_text(std::string_view bytes) {
  const auto is_zero_or_not_ascii = [](scan::Eight eight) {
    return scan::below(eight, 1) | scan::not_ascii(eight);
  };
  if (scan::has_none(bytes, is_zero_or_not_ascii)) return true;
  while (!bytes.empty()) {
    const std::size_t length = character_at(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool has_name_characters(std::string_view text) {
  if (scan::has_none(text, scan::not_plainly_in_name)) return true;
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

bool is_node(std::string_view text) {
  return !text.empty() && text.size() <= longest_node && all_of_class(text, in_tag);
}

}  // namespace pawl::wire

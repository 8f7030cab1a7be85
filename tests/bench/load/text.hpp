// SPDX-License-Identifier: Apache-2.0
//
// Appends without allocating for each piece, and reads a number where one must stand.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::bench {

inline void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

// The digits that follow `before`, up to anything else; nothing if `before` is not there.
inline std::optional<std::uint64_t> number_after(std::string_view text, std::string_view before) {
  const std::size_t found = text.find(before);
  if (found == text.npos) return std::nullopt;
  const std::string_view rest = text.substr(found + before.size());
  std::uint64_t number = 0;
  const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (result.ec != std::errc{}) return std::nullopt;
  return number;
}

// The first line with its LF, or nothing while it is not whole.
inline std::optional<std::string_view> first_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  if (end == bytes.npos) return std::nullopt;
  return bytes.substr(0, end + 1);
}

}  // namespace pawl::bench

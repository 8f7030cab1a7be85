// SPDX-License-Identifier: Apache-2.0
//
// Bytes as text, for the tests that keep what old versions wrote. Runs of zeros are counted: [n].
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "journal/bytes.hpp"

namespace pawl::journal {

inline std::string to_hex(Bytes bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t zeros = 0;
    while (i + zeros < bytes.size() && bytes[i + zeros] == std::byte{0}) ++zeros;
    if (zeros >= 8) {
      text += '[' + std::to_string(zeros) + ']';
      i += zeros;
      continue;
    }
    const auto byte = std::to_integer<unsigned>(bytes[i]);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
    ++i;
  }
  return text;
}

inline std::vector<std::byte> from_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::vector<std::byte> bytes;
  while (!text.empty()) {
    if (text[0] == '[') {
      const std::size_t end = text.find(']');
      bytes.resize(bytes.size() + std::stoul(std::string(text.substr(1, end - 1))));
      text.remove_prefix(end + 1);
      continue;
    }
    bytes.push_back(static_cast<std::byte>(digits.find(text[0]) << 4U | digits.find(text[1])));
    text.remove_prefix(2);
  }
  return bytes;
}

}  // namespace pawl::journal

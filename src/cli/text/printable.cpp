// SPDX-License-Identifier: Apache-2.0
#include "cli/text/printable.hpp"

#include <algorithm>
#include <cstdint>

namespace pawl::cli {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool valid = false;
};

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// At the start of a text that is not empty; what is not UTF-8 is one byte that is not valid.
Character character_at(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {first, 1, true};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {first, 1, false};
  std::uint32_t code = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(text[i])) return {first, 1, false};
    code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code, size, true};
}

// Controls of the terminal, and of the direction of writing; line and paragraph separators; what
// has no width.
bool is_dangerous(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0xAD || code == 0x61C ||
         (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
         (code >= 0xE0000 && code <= 0xE007F);
}

void append_hex(std::string& out, std::uint32_t code, int digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += hex[code >> static_cast<unsigned>(shift) & 0xFU];
  }
}

void append_escaped(std::string& out, const Character& character) {
  if (character.code == '\n' && character.valid) {
    out += "\\n";
  } else if (character.code < 0x100) {
    append_hex(out += "\\x", character.code, 2);
  } else if (character.code < 0x10000) {
    append_hex(out += "\\u", character.code, 4);
  } else {
    append_hex(out += "\\U", character.code, 8);
  }
}

std::string escaped(std::string_view text, std::string_view also) {
  std::string out;
  while (!text.empty()) {
    const Character character = character_at(text);
    if (!character.valid || is_dangerous(character.code)) {
      append_escaped(out, character);
    } else {
      if (also.find(text.front()) != also.npos) out += '\\';
      out += text.substr(0, character.size);
    }
    text.remove_prefix(character.size);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) { return escaped(text, ""); }

std::string in_quotes(std::string_view text) { return '"' + escaped(text, "\"\\") + '"'; }

std::string cell(std::string_view text) {
  if (text.empty()) return "-";
  const bool plain = text != "-" && text.find_first_of(" \"") == text.npos;
  return plain ? printable(text) : in_quotes(text);
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

}  // namespace pawl::cli

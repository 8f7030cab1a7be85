// SPDX-License-Identifier: Apache-2.0
#include "cli/text/printable.hpp"

#include <cstdint>

#include "cli/text/utf8.hpp"

namespace pawl::cli {
namespace {

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

}  // namespace pawl::cli

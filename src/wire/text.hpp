// SPDX-License-Identifier: Apache-2.0
//
// Which bytes may stand where: in a line, a lock name, an id, a tag.
#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::wire {

inline constexpr std::size_t longest_name = 255;
inline constexpr std::size_t longest_id = 64;
inline constexpr std::size_t longest_tag = 32;
inline constexpr std::size_t longest_note = 1024;
inline constexpr std::size_t longest_node = 63;

[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Valid UTF-8 without NUL bytes: no overlong forms, no surrogates, nothing past U+10FFFF.
[[nodiscard]] bool is_text(std::string_view bytes);

// The length of a lone C1 control (U+0080–U+009F) at the start of `text`: 2, or 0 if there is none.
[[nodiscard]] constexpr std::size_t control_at(std::string_view text) {
  return text.size() >= 2 && text[0] == '\xC2' && (text[1] & '\x60') == 0 ? 2 : 0;
}

// These expect text, as is_text means it.
// What may stand in a lock name, of any length: a prefix is judged by it.
[[nodiscard]] bool has_name_characters(std::string_view text);
[[nodiscard]] bool is_name(std::string_view text);
[[nodiscard]] bool is_id(std::string_view text);
[[nodiscard]] bool is_tag(std::string_view text);
[[nodiscard]] bool is_node(std::string_view text);

}  // namespace pawl::wire

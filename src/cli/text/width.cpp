// SPDX-License-Identifier: Apache-2.0
#include "cli/text/width.hpp"

#include <locale.h>
#include <wchar.h>

#include "cli/text/utf8.hpp"

namespace pawl::cli {
namespace {

constexpr std::uint32_t first_of_no_width = 0x300;

// The C library knows, in a locale that does not depend on the user's.
std::size_t width_of_character(std::uint32_t code) {
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (code < first_of_no_width || utf8 == nullptr) return 1;
  const locale_t before = uselocale(utf8);
  const int width = wcwidth(static_cast<wchar_t>(code));
  uselocale(before);
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

struct Piece {
  std::size_t size = 0;  // in bytes
  std::size_t width = 0;
};

// A character, or a colour as Paint writes it: nothing else in a safe text begins with ESC.
Piece piece_at(std::string_view text) {
  if (text.starts_with('\x1b')) {
    const std::size_t end = text.find('m');
    return {end == text.npos ? text.size() : end + 1, 0};
  }
  const Character character = character_at(text);
  return {character.size, width_of_character(character.code)};
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Piece piece = piece_at(text);
    width += piece.width;
    text.remove_prefix(piece.size);
  }
  return width;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (width_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string kept;
  std::size_t width = 0;
  while (!text.empty()) {
    const Piece piece = piece_at(text);
    width += piece.width;
    if (width > columns - 1) break;
    kept += text.substr(0, piece.size);
    text.remove_prefix(piece.size);
  }
  const bool is_painted = kept.find('\x1b') != kept.npos;
  return kept + "…" + (is_painted ? "\x1b[0m" : "");
}

std::string filled(std::string_view text, std::size_t columns) {
  std::string all = clipped(text, columns);
  return all.append(columns - width_of(all), ' ');
}

}  // namespace pawl::cli

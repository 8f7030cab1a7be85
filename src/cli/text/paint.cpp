// SPDX-License-Identifier: Apache-2.0
#include "cli/text/paint.hpp"

#include <unistd.h>

#include <cstdlib>

namespace pawl::cli {
namespace {

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain: return "";
    case Style::trouble: return "\x1b[1;31m";
    case Style::held: return "\x1b[32m";
    case Style::waiting: return "\x1b[33m";
    case Style::heading: return "\x1b[1m";
    case Style::chosen: return "\x1b[7m";
  }
  return "";
}

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string Paint::operator()(Style style, std::string_view text) const {
  if (!is_colored_ || style == Style::plain || text.empty()) return std::string(text);
  return std::string(code_of(style)).append(text).append("\x1b[0m");
}

Paint paint_of(const ColorWish& wish) {
  if (wish.when != "auto") return Paint(wish.when == "always");
  return Paint(wish.is_terminal && wish.no_color.empty() && wish.term != "dumb");
}

Paint paint_on(int descriptor, std::string_view when) {
  return paint_of({when, isatty(descriptor) == 1, variable("NO_COLOR"), variable("TERM")});
}

}  // namespace pawl::cli

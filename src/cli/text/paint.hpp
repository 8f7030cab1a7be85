// SPDX-License-Identifier: Apache-2.0
//
// Colour, by what it means: few things have one, and each is told without it as well. For a
// terminal only, unless --color says otherwise; NO_COLOR (no-color.org) and TERM=dumb are obeyed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::cli {

enum class Style : std::uint8_t { plain, trouble, held, waiting, heading, chosen };

class Paint {
 public:
  Paint() = default;  // without colour
  explicit Paint(bool is_colored) : is_colored_(is_colored) {}

  [[nodiscard]] std::string operator()(Style style, std::string_view text) const;
  bool operator==(const Paint&) const = default;

 private:
  bool is_colored_ = false;
};

// What speaks for and against colour on one stream.
struct ColorWish {
  std::string_view when = "auto";  // or always, never
  bool is_terminal = false;
  std::string_view no_color;  // NO_COLOR, empty where it is not set
  std::string_view term;      // TERM
};
[[nodiscard]] Paint paint_of(const ColorWish& wish);
// `when` on the stream with this descriptor, as the environment has it.
[[nodiscard]] Paint paint_on(int descriptor, std::string_view when);

}  // namespace pawl::cli

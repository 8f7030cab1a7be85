// SPDX-License-Identifier: Apache-2.0
#include "cli/text/paint.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli {

TEST_CASE("colour is for terminals, unless NO_COLOR or a dumb terminal speaks against it") {
  const ColorWish terminal{.is_terminal = true, .term = "xterm"};
  CHECK(paint_of(terminal) == Paint(true));
  CHECK(paint_of({.is_terminal = false, .term = "xterm"}) == Paint(false));
  CHECK(paint_of({.is_terminal = true, .no_color = "1", .term = "xterm"}) == Paint(false));
  CHECK(paint_of({.is_terminal = true, .term = "dumb"}) == Paint(false));
}

TEST_CASE("the option --color has the last word") {
  CHECK(paint_of({.when = "always", .no_color = "1", .term = "dumb"}) == Paint(true));
  CHECK(paint_of({.when = "never", .is_terminal = true, .term = "xterm"}) == Paint(false));
}

TEST_CASE("what is painted ends in what it was, and nothing is not painted") {
  CHECK(Paint(true)(Style::trouble, "gone") == "\x1b[1;31mgone\x1b[0m");
  CHECK(Paint(true)(Style::plain, "well") == "well");
  CHECK(Paint(true)(Style::trouble, "").empty());
  CHECK(Paint(false)(Style::trouble, "gone") == "gone");
}

}  // namespace pawl::cli

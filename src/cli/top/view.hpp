// SPDX-License-Identifier: Apache-2.0
//
// A board as the lines of a terminal: a pure function. No line is wider, none are more than there
// is room for.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/text/lines.hpp"
#include "cli/text/paint.hpp"
#include "cli/top/board.hpp"

namespace pawl::cli::top {

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool operator==(const Size&) const = default;
};

[[nodiscard]] Lines draw(const Board& board, Size size, Paint paint);
// The first lock that is shown: so that the chosen one is.
[[nodiscard]] std::size_t first_shown(const Board& board, Size size);

// Lines of any text, cut to the size, beneath a title.
[[nodiscard]] Lines draw_text(const std::vector<Cell>& title, const Lines& text, Size size,
                              Paint paint);
// "This is 12s old, trying again: cannot reach …"; empty where all is well.
[[nodiscard]] std::string trouble_text(const std::string& trouble, bool has_picture,
                                       Milliseconds age);

}  // namespace pawl::cli::top

// SPDX-License-Identifier: Apache-2.0
//
// Aligned columns for people, page by page: a page is aligned within itself and with those before
// it, and printed without knowing those to come. Knows no width of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "cli/text/paint.hpp"

namespace pawl::cli {

struct Cell {
  Cell(std::string said, Style meaning = Style::plain)  // NOLINT(*-explicit-*)
      : text(std::move(said)), style(meaning) {}
  Cell(const char* said) : text(said) {}  // NOLINT(*-explicit-*)
  bool operator==(const Cell&) const = default;

  std::string text;
  Style style = Style::plain;
};

using Row = std::vector<Cell>;

class Table {
 public:
  explicit Table(Row headings);

  void add(Row row);  // as many cells as headings
  // The lines of the rows added since the last call, the headings in front of the first.
  [[nodiscard]] std::string take_lines(Paint paint = {});

 private:
  [[nodiscard]] std::string line_of(const Row& row, Paint paint) const;

  std::vector<Row> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace pawl::cli

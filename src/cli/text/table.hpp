// SPDX-License-Identifier: Apache-2.0
//
// Aligned columns for people, page by page: a page is aligned within itself and with those before
// it, and printed without knowing those to come. Knows no width of a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace pawl::cli {

using Row = std::vector<std::string>;

class Table {
 public:
  explicit Table(Row headings);

  void add(Row row);  // as many cells as headings
  // The lines of the rows added since the last call, the headings in front of the first.
  [[nodiscard]] std::string take_lines();

 private:
  [[nodiscard]] std::string line_of(const Row& row) const;

  std::vector<Row> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace pawl::cli

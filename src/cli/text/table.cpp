// SPDX-License-Identifier: Apache-2.0
#include "cli/text/table.hpp"

#include <algorithm>
#include <utility>

#include "cli/text/printable.hpp"

namespace pawl::cli {

Table::Table(Row headings) : widths_(headings.size(), 0) { add(std::move(headings)); }

void Table::add(Row row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    widths_[i] = std::max(widths_[i], width_of(row[i]));
  }
  rows_.push_back(std::move(row));
}

std::string Table::take_lines() {
  std::string lines;
  for (const Row& row : rows_) lines += line_of(row) + '\n';
  rows_.clear();
  return lines;
}

// The last column is not filled up: no line ends in blanks.
std::string Table::line_of(const Row& row) const {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += row[i];
    if (i + 1 < row.size()) line.append(widths_[i] - width_of(row[i]) + 2, ' ');
  }
  return line;
}

}  // namespace pawl::cli

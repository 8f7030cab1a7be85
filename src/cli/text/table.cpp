// SPDX-License-Identifier: Apache-2.0
#include "cli/text/table.hpp"

#include <algorithm>
#include <utility>

#include "cli/text/width.hpp"

namespace pawl::cli {

Table::Table(Row headings) : widths_(headings.size(), 0) { add(std::move(headings)); }

void Table::add(Row row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    widths_[i] = std::max(widths_[i], width_of(row[i].text));
  }
  rows_.push_back(std::move(row));
}

std::string Table::take_lines(Paint paint) {
  std::string lines;
  for (const Row& row : rows_) lines += line_of(row, paint) + '\n';
  rows_.clear();
  return lines;
}

// The last column is not filled up: no line ends in blanks.
std::string Table::line_of(const Row& row, Paint paint) const {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += paint(row[i].style, row[i].text);
    if (i + 1 < row.size()) line.append(widths_[i] - width_of(row[i].text) + 2, ' ');
  }
  return line;
}

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/top/columns.hpp"

#include <algorithm>
#include <numeric>

namespace pawl::cli::top {
namespace {

std::size_t total(const std::vector<std::size_t>& widths) {
  std::size_t sum = 0;
  for (const std::size_t width : widths) {
    if (width != 0) sum += width + (sum == 0 ? 0 : gap);
  }
  return sum;
}

std::size_t least_of(const Column& column) { return std::min(column.least, column.natural); }

}  // namespace

std::vector<std::size_t> fitted(const std::vector<Column>& columns, std::size_t width) {
  std::vector<std::size_t> order(columns.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return columns[a].rank > columns[b].rank; });
  std::vector<std::size_t> least;
  std::vector<std::size_t> widths;
  for (const Column& column : columns) {
    least.push_back(least_of(column));
    widths.push_back(column.natural);
  }
  for (const std::size_t i : order) {
    if (total(least) <= width || columns[i].rank == 0) break;
    least[i] = widths[i] = 0;
  }
  for (const std::size_t i : order) {
    const std::size_t all = total(widths);
    if (all <= width) break;
    widths[i] -= std::min(all - width, widths[i] - least[i]);
  }
  return widths;
}

}  // namespace pawl::cli::top

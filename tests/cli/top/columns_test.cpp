// SPDX-License-Identifier: Apache-2.0
#include "cli/top/columns.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli::top {

using Widths = std::vector<std::size_t>;

TEST_CASE("columns are as wide as their texts where there is room") {
  CHECK(fitted({{10, 5, 0}, {7, 7, 1}}, 19) == Widths{10, 7});
  CHECK(fitted({{10, 5, 0}, {7, 7, 1}}, 200) == Widths{10, 7});
}

TEST_CASE("the least important gives way first, as far as it can") {
  const std::vector<Column> columns{{20, 10, 0}, {7, 7, 1}, {20, 8, 2}};
  CHECK(fitted(columns, 48) == Widths{20, 7, 17});
  CHECK(fitted(columns, 39) == Widths{20, 7, 8});
  CHECK(fitted(columns, 35) == Widths{16, 7, 8});
  CHECK(fitted(columns, 29) == Widths{10, 7, 8});
}

TEST_CASE("what has no room is left out, the least important first, the first never") {
  const std::vector<Column> columns{{20, 10, 0}, {7, 7, 1}, {20, 8, 2}};
  CHECK(fitted(columns, 28) == Widths{19, 7, 0});
  CHECK(fitted(columns, 18) == Widths{18, 0, 0});
  CHECK(fitted(columns, 5) == Widths{10, 0, 0});
}

TEST_CASE("a text shorter than what a column needs at least needs no more than itself") {
  CHECK(fitted({{4, 12, 0}, {7, 7, 1}}, 13) == Widths{4, 7});
}

}  // namespace pawl::cli::top

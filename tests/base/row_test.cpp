// SPDX-License-Identifier: Apache-2.0
#include "base/row.hpp"

#include <catch2/catch.hpp>

namespace pawl {
namespace {

TEST_CASE("a row reaches as far as it was asked to, and what is new has the value given") {
  Row<int> row;
  CHECK(row.size() == 0);

  row.reach(2, 7);
  row.reach(1, 8);
  row.reach(4, 9);

  CHECK(row.size() == 5);
  int expected[] = {7, 7, 7, 9, 9};
  for (std::size_t at = 0; at < row.size(); ++at) CHECK(row[at] == expected[at]);
}

TEST_CASE("a value in a row never moves while the row grows over many chunks") {
  Row<int> row;
  row.reach(0, 42);
  const int* first = &row[0];

  row.reach(100'000);
  row[100'000] = 1;

  CHECK(&row[0] == first);
  CHECK(*first == 42);
  CHECK(row[99'999] == 0);
  CHECK(row[100'000] == 1);
}

TEST_CASE("a cleared row keeps nothing of what was there") {
  Row<int> row;
  row.reach(2'000, 7);
  row.clear();
  CHECK(row.size() == 0);

  row.reach(2'000);
  CHECK(row[1'500] == 0);
}

}  // namespace
}  // namespace pawl

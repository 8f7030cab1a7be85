// SPDX-License-Identifier: Apache-2.0
#include "cli/text/table.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli {

TEST_CASE("columns are aligned, and no line ends in blanks") {
  Table table({"NAME", "TOKEN", "SINCE"});
  table.add({"é/long/name", "1", "2s"});
  table.add({"b", "1234567", "3m12s"});

  CHECK(table.take_lines() ==
        "NAME         TOKEN    SINCE\n"
        "é/long/name  1        2s\n"
        "b            1234567  3m12s\n");
}

TEST_CASE("a later page has no headings and keeps the columns of those before it") {
  Table table({"NAME", "TOKEN"});
  table.add({"jobs/nightly", "1"});
  CHECK_FALSE(table.take_lines().empty());
  table.add({"b", "2"});

  CHECK(table.take_lines() == "b             2\n");
  CHECK(table.take_lines().empty());
}

TEST_CASE("a table without rows is its headings") {
  Table table({"NAME", "TOKEN"});
  CHECK(table.take_lines() == "NAME  TOKEN\n");
}

TEST_CASE("a colour moves no column") {
  Table table({"NAME", "ROLE", "LAG"});
  table.add({"n1", {"gone", Style::trouble}, "0"});
  CHECK(table.take_lines(Paint(true)) ==
        "NAME  ROLE  LAG\n"
        "n1    \x1b[1;31mgone\x1b[0m  0\n");
}

}  // namespace pawl::cli

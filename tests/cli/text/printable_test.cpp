// SPDX-License-Identifier: Apache-2.0
#include "cli/text/printable.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli {

TEST_CASE("what a terminal would act on is escaped") {
  CHECK(printable("two\nlines") == "two\\nlines");
  CHECK(printable("\x1b[2Jgone") == "\\x1b[2Jgone");
  CHECK(printable(std::string(1, '\0') + "\r\t\x7f") == "\\x00\\x0d\\x09\\x7f");
  CHECK(printable("\xC2\x9B"
                  "2J") == "\\x9b2J");
}

TEST_CASE("what turns, hides or breaks a line is escaped") {
  CHECK(printable("a\u202Eb") == "a\\u202eb");
  CHECK(printable("\u2066\u200B\u2028\uFEFF") == "\\u2066\\u200b\\u2028\\ufeff");
  CHECK(printable("\U000E0041") == "\\U000e0041");
}

TEST_CASE("letters of any script stay as they are") {
  CHECK(printable("é → 日本 🔒") == "é → 日本 🔒");
}

TEST_CASE("bytes that are no UTF-8 are escaped one by one") {
  CHECK(printable("\xff"
                  "a\xc3") == "\\xffa\\xc3");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");
}

TEST_CASE("a quoted text can end only where it ends") {
  CHECK(in_quotes("") == "\"\"");
  CHECK(in_quotes("say \"hi\" \\") == R"("say \"hi\" \\")");
  CHECK(in_quotes("a\nb") == "\"a\\nb\"");
}

TEST_CASE("a cell is one word") {
  CHECK(cell("") == "-");
  CHECK(cell("-") == "\"-\"");
  CHECK(cell("worker") == "worker");
  CHECK(cell("worker 7") == "\"worker 7\"");
}

}  // namespace pawl::cli

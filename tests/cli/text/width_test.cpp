// SPDX-License-Identifier: Apache-2.0
#include "cli/text/width.hpp"

#include <catch2/catch.hpp>

#include "cli/text/paint.hpp"

namespace pawl::cli {

TEST_CASE("a wide character takes two columns, a combining mark none, any other one") {
  CHECK(width_of("abc") == 3);
  CHECK(width_of("é→") == 2);
  CHECK(width_of("e\u0301") == 1);
  CHECK(width_of("錠前") == 4);
  CHECK(width_of("🔒") == 2);
}

TEST_CASE("what does not fit is cut between characters, and says so") {
  CHECK(clipped("nightly", 7) == "nightly");
  CHECK(clipped("nightly", 4) == "nig…");
  CHECK(clipped("錠前錠前", 5) == "錠前…");
  CHECK(clipped("錠前錠前", 4) == "錠…");
  CHECK(clipped("e\u0301e\u0301e\u0301", 2) == "e\u0301…");
  CHECK(clipped("nightly", 1) == "…");
  CHECK(clipped("nightly", 0).empty());
}

TEST_CASE("colour takes no room, and does not outlast what is cut") {
  const std::string painted = Paint(true)(Style::held, "nightly");
  CHECK(width_of(painted) == 7);
  CHECK(clipped(painted, 7) == painted);
  CHECK(clipped(painted, 4) == "\x1b[32mnig…\x1b[0m");
}

TEST_CASE("a filled text has the width asked for, whatever it is") {
  CHECK(filled("ab", 4) == "ab  ");
  CHECK(filled("錠前錠前", 4) == "錠… ");
  for (const char* text : {"", "abcdef", "錠前錠前", "e\u0301e\u0301"}) {
    for (std::size_t columns = 0; columns < 8; ++columns) {
      CHECK(width_of(filled(text, columns)) == columns);
    }
  }
}

}  // namespace pawl::cli

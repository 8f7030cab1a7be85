// SPDX-License-Identifier: Apache-2.0
#include "cli/text/lines.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli {

TEST_CASE("a text is its lines, whether or not the last one ends") {
  CHECK(lines_of("a\n\nb\n") == Lines{"a", "", "b"});
  CHECK(lines_of("a\nb") == Lines{"a", "b"});
  CHECK(lines_of("").empty());
}

}  // namespace pawl::cli

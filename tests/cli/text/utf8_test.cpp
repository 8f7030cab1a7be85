// SPDX-License-Identifier: Apache-2.0
#include "cli/text/utf8.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli {

TEST_CASE("a character is all its bytes, and a byte that begins none is one by itself") {
  CHECK(character_at("a→").size == 1);
  const Character arrow = character_at("→a");
  CHECK((arrow.code == 0x2192 && arrow.size == 3 && arrow.valid));
  CHECK(character_at("🔒").code == 0x1F512);
  for (const char* broken : {"\xff", "\x80", "\xe2\x86", "\xc3g"}) {
    const Character byte = character_at(broken);
    CHECK((byte.size == 1 && !byte.valid));
  }
}

}  // namespace pawl::cli

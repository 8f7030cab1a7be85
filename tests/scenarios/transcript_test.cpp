// SPDX-License-Identifier: Apache-2.0
#include "scenarios/transcript.hpp"

#include <catch2/catch.hpp>

namespace pawl::testing {

TEST_CASE("a pattern without marks fits only itself") {
  Captures captures;

  CHECK(matches("OK pong", "OK pong", captures));
  CHECK_FALSE(matches("OK pong", "OK", captures));
  CHECK_FALSE(matches("OK", "OK pong", captures));
}

TEST_CASE("an ellipsis stands for any text, none included") {
  Captures captures;

  CHECK(matches("ERR BUSY …", "ERR BUSY waiters=0", captures));
  CHECK(matches("OK …", "OK ", captures));
  CHECK(matches("…a…b", "xaab", captures));
  CHECK_FALSE(matches("…a…b", "xaac", captures));
}

TEST_CASE("a name captures once and is compared afterwards") {
  Captures captures;

  REQUIRE(matches("OK token=$t ttl=…", "OK token=42 ttl=30000", captures));
  CHECK(captures["t"] == "42");
  CHECK(matches("OK token=$t", "OK token=42", captures));
  CHECK_FALSE(matches("OK token=$t", "OK token=43", captures));
  CHECK_FALSE(matches("OK token=$t", "OK token=4", captures));
}

TEST_CASE("what is sent has its names replaced, its repeats and bytes written out") {
  CHECK(written_out("UNLOCK a token=$t", {{"t", "7"}}) == "UNLOCK a token=7");
  CHECK(written_out("LOCK {ab*3}", {}) == "LOCK ababab");
  CHECK(written_out("PING{byte 0D}", {}) == "PING\r");
  CHECK(written_out(R"({"json":1})", {}) == R"({"json":1})");
  CHECK_THROWS(written_out("$t", {}));
}

TEST_CASE("repeats are written out in what is expected, too, and JSON is not mistaken for one") {
  Captures captures;

  CHECK(matches("OK {\"name\":\"{n*3}\"}", "OK {\"name\":\"nnn\"}", captures));
  CHECK_FALSE(matches("{n*3}", "nn", captures));
}

}  // namespace pawl::testing

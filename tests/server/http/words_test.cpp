// SPDX-License-Identifier: Apache-2.0
#include "server/http/words.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace pawl::server::http {

using namespace std::chrono_literals;

TEST_CASE("a span in words is as exact as a person needs it") {
  CHECK(in_words(0ms) == "0 ms");
  CHECK(in_words(999ms) == "999 ms");
  CHECK(in_words(3'250ms) == "3.2 s");
  CHECK(in_words(12'900ms) == "12 s");
  CHECK(in_words(119s) == "119 s");
  CHECK(in_words(5min) == "5 min");
  CHECK(in_words(26h) == "26 h");
}

}  // namespace pawl::server::http

// SPDX-License-Identifier: Apache-2.0
#include "cli/run/holders.hpp"

#include <catch2/catch.hpp>

using pawl::cli::holders_text;

TEST_CASE("who waits is told who holds, since when, and how many wait") {
  CHECK(holders_text(R"({"name":"L","holders":[{"token":4,"since_ms":12300,"client":null,)"
                     R"("note":"nightly","address":"10.0.0.1:400"}],"waiters":[],)"
                     R"("waiters_total":3,"delay_ms":0})") ==
        "held by 10.0.0.1:400 \"nightly\" for 12.3s, 3 waiting");
  CHECK(holders_text(R"({"holders":[{"since_ms":1000,"client":"web 3","note":null},{}],)"
                     R"("waiters_total":1})") == "held by web 3 for 1s and 1 more, 1 waiting");
  CHECK(holders_text(R"({"holders":[],"waiters_total":2,"delay_ms":4000})") ==
        "free again in 4s, 2 waiting");
}

TEST_CASE("a text that others wrote cannot play with the terminal") {
  CHECK_THAT(holders_text(R"({"holders":[{"since_ms":0,"client":"\u001b[2J"}]})"),
             !Catch::Contains("\x1b"));
}

TEST_CASE("what cannot be read is no news") {
  CHECK(holders_text("").empty());
  CHECK(holders_text("[1").empty());
  CHECK(holders_text("{}").empty());
  CHECK(holders_text(R"({"holders":[7]})").empty());
  CHECK(holders_text(R"({"holders":[],"delay_ms":0})").empty());
}

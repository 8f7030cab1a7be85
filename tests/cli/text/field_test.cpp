// SPDX-License-Identifier: Apache-2.0
#include "cli/text/field.hpp"

#include <catch2/catch.hpp>

namespace pawl::cli {

TEST_CASE("a field of another kind, or of nothing, reads as nothing") {
  const Json json = Json::parse(R"({"a":"x","n":1500,"l":[1],"null":null})");
  CHECK(field::text(json, "a") == "x");
  CHECK(field::text(json, "n").empty());
  CHECK(field::number(json, "n") == 1500);
  CHECK_FALSE(field::number(json, "a"));
  CHECK(field::list(json, "l").size() == 1);
  CHECK(field::list(json, "null").empty());
  CHECK(field::number_text(json, "none") == "-");
  CHECK(field::span_text(json, "n") == "1.5s");
  CHECK(field::text(Json(5), "a").empty());
}

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
#include "server/http/target.hpp"

#include <catch2/catch.hpp>

namespace pawl::server::http {

TEST_CASE("a target is a path and its decoded parameters") {
  const auto target = Target::parse("/lock.json?name=jobs%2Fa+b%C3%A9&limit=10&flag");
  REQUIRE(target.has_value());
  CHECK(target->path() == "/lock.json");
  CHECK(target->text("name") == "jobs/a+b\xC3\xA9");
  CHECK(target->number("limit", 100, 1, 1'000) == 10);
  CHECK(target->number("other", 100, 1, 1'000) == 100);
  CHECK(target->has("flag"));
  CHECK(target->text("flag").empty());
  CHECK_FALSE(target->has("other"));
}

TEST_CASE("a target may be written as one asks a proxy for it") {
  CHECK(Target::parse("http://127.0.0.1:7297/livez?verbose")->path() == "/livez");
  CHECK(Target::parse("http://localhost")->path() == "/");
}

TEST_CASE("what is no path, no escape or no text is no target") {
  const char* text = GENERATE("", "livez", "https://there/livez", "*", "/?a=%", "/?a=%2", "/?a=%zz",
                              "/?a=%ff", "/?a=%00", "/?%c3=1");
  CAPTURE(text);
  CHECK_FALSE(Target::parse(text));
}

TEST_CASE("a number out of range or with anything behind it is none") {
  const char* text = GENERATE("0", "1001", "-1", "1x", "", "%201", "99999999999999999999");
  CAPTURE(text);
  const auto target = Target::parse(std::string("/?limit=") + text);
  REQUIRE(target.has_value());
  CHECK_FALSE(target->number("limit", 100, 1, 1'000));
}

TEST_CASE("a parameter that is not known, or stands twice, is a stranger") {
  CHECK(Target::parse("/?a=1&b=2")->stranger({"a", "b"}).empty());
  CHECK(Target::parse("/?a=1&c=2")->stranger({"a", "b"}) == "c");
  CHECK(Target::parse("/?a=1&a=2")->stranger({"a", "b"}) == "a");
  CHECK(Target::parse("/?&&a=1&")->stranger({"a"}).empty());
}

}  // namespace pawl::server::http

// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;

namespace pawl::testing {
namespace {

bool is_hex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

TEST_CASE("a secret is 128 bits, alone on stdout, and another each time") {
  const std::string one = pawl_data({"secret", "ci"}).output;
  const std::string other = pawl_data({"secret", "ci"}).output;
  REQUIRE(one.size() == 33);
  CHECK(one.back() == '\n');
  CHECK(is_hex(one.substr(0, 32)));
  CHECK(one != other);
}

TEST_CASE("the line for pawld.yaml stands on stderr, with the SHA-256 and not the secret") {
  const std::string said = pawl_said({"secret", "ci"}).output;
  CHECK_THAT(said, Contains("- {name: ci, secret_sha256: "));
  const auto json = nlohmann::json::parse(pawl_data({"secret", "ci", "-o", "json"}).output);
  CHECK(json["user"] == "ci");
  CHECK(json["secret"].get<std::string>().size() == 32);
  const std::string digest = json["secret_sha256"];
  CHECK(digest.size() == 64);
  CHECK(is_hex(digest));
}

TEST_CASE("what is no name gets no secret") {
  CHECK(pawl_with({"secret"}).code == 64);
  CHECK(pawl_with({"secret", "two words"}).code == 64);
}

}  // namespace pawl::testing

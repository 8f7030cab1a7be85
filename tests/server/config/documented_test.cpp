// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "server/config/effective.hpp"

namespace pawl::server {

namespace {

std::string documented() {
  std::ifstream file(PAWL_DOCUMENTED_CONFIG);
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

}  // namespace

TEST_CASE("config/pawld.yaml says the built-in defaults") {
  const Effective effective = merge({"pawld.yaml", documented(), {}, {}});
  CHECK(effective.problems.empty());
  CHECK(effective.config == Config{});
}

TEST_CASE("config/pawld.yaml sets every key, with its meaning and unit above it") {
  const std::string text = documented();
  const Effective effective = merge({"pawld.yaml", text, {}, {}});
  for (const Key& key : keys()) {
    CAPTURE(key.name);
    CHECK(effective.origin_of(key) != "default");
    const std::string indent = section_of(key).empty() ? "" : "  ";
    const std::string comment = '\n' + indent + "# " + std::string(key.meaning) + '\n' + indent +
                                "# (" + unit_of(key) + ")";
    const std::size_t meaning = text.find(comment);
    const std::size_t line = text.find('\n' + indent + std::string(word_of(key)) + ": ",
                                       meaning == std::string::npos ? 0 : meaning);
    REQUIRE(meaning != std::string::npos);
    REQUIRE(line != std::string::npos);
    CHECK(text.substr(meaning, line - meaning).find("\n\n") == std::string::npos);
  }
}

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
#include "server/http/page.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

namespace pawl::server::http {

TEST_CASE("the page is in the program, byte for byte") {
  std::string names;
  for (const PageFile& file : page_files()) {
    names += std::string(file.name) + ' ';
    std::ifstream source(std::string(PAWL_PAGE_FOLDER "/") + std::string(file.name),
                         std::ios::binary);
    REQUIRE(source);
    CHECK(file.text == std::string(std::istreambuf_iterator<char>(source), {}));
  }
  CHECK(names == "index.html page.css page.js icon.svg ");
}

}  // namespace pawl::server::http

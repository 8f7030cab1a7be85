// SPDX-License-Identifier: Apache-2.0
#include "recipes/page.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <vector>

#include "system/temporary_directory.hpp"

using namespace pawl::testing;

TEST_CASE("an ellipsis in an expected line matches anything, the rest only itself") {
  CHECK(matches("OK ttl=…", "OK ttl=29999"));
  CHECK(matches("OK {…\"token\":2…}", "OK {\"a\":[{\"token\":2}]}"));
  CHECK(matches("ERR NOT_HELD…", "ERR NOT_HELD"));
  CHECK_FALSE(matches("OK ttl=…", "ERR ttl=29999"));
  CHECK_FALSE(matches("OK …x", "OK xy"));
  CHECK_FALSE(matches("OK", "OK token=1"));
}

TEST_CASE("only marked blocks are read, with the names of their files") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("page.md"))
      << "```sh\nrm -rf /\n```\n<!-- File a.sh of tests/recipes. -->\n```sh\n#!/bin/sh\ntrue\n```\n"
         "<!-- Typed by tests/recipes. -->\n```console\n$ ./a.sh\n```\n";

  const std::vector<Block> blocks = read_blocks(directory.path("page.md"));

  REQUIRE(blocks.size() == 2);
  CHECK(blocks[0].file == "a.sh");
  CHECK(blocks[0].text == "#!/bin/sh\ntrue\n");
  CHECK(blocks[1].file.empty());
  CHECK(blocks[1].text == "$ ./a.sh\n");
}

TEST_CASE("a mark without a block is a mistake") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("page.md")) << "<!-- Typed by tests/recipes. -->\n\n```sh\n";
  CHECK_THROWS(read_blocks(directory.path("page.md")));
}

TEST_CASE("what follows a command is what it prints") {
  const std::vector<Command> expected{{"echo a; echo b", "a\nb\n"}, {"true", ""}};
  CHECK(read_commands("$ echo a; echo b\na\nb\n$ true\n") == expected);
  CHECK_THROWS(read_commands("a\n$ true\n"));
}

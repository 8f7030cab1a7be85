// SPDX-License-Identifier: Apache-2.0
//
// The marked blocks of a Markdown page: files to write, and commands with what they print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::testing {

// A code block behind `<!-- File NAME of tests/recipes. -->` or `<!-- Typed by tests/recipes. -->`.
struct Block {
  std::string file;  // empty: typed
  std::string text;
};

struct Command {
  std::string typed;     // behind "$ "
  std::string expected;  // lines, each with its LF
  bool operator==(const Command&) const = default;
};

[[nodiscard]] std::vector<Block> read_blocks(const std::string& path);
[[nodiscard]] std::vector<Command> read_commands(std::string_view text);

// `…` matches anything, the empty text too; all else matches itself.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

}  // namespace pawl::testing

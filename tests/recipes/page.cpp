// SPDX-License-Identifier: Apache-2.0
#include "recipes/page.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace pawl::testing {
namespace {

constexpr std::string_view file_mark = "<!-- File ";
constexpr std::string_view typed_mark = "<!-- Typed by tests/recipes. -->";

Block read_block(std::istream& page) {
  std::string line;
  if (!std::getline(page, line) || !line.starts_with("```")) {
    throw std::runtime_error("no code block behind its mark, but: " + line);
  }
  Block block;
  while (std::getline(page, line) && line != "```") block.text += line + "\n";
  return block;
}

}  // namespace

std::vector<Block> read_blocks(const std::string& path) {
  std::ifstream page(path);
  std::vector<Block> blocks;
  for (std::string line; std::getline(page, line);) {
    const bool is_file = line.starts_with(file_mark);
    if (!is_file && line != typed_mark) continue;
    blocks.push_back(read_block(page));
    if (!is_file) continue;
    const std::string rest = line.substr(file_mark.size());
    blocks.back().file = rest.substr(0, rest.find(' '));
  }
  return blocks;
}

std::vector<Command> read_commands(std::string_view text) {
  std::vector<Command> commands;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("$ ")) {
      commands.push_back({line.substr(2), {}});
    } else if (commands.empty()) {
      throw std::runtime_error("output before a command: " + line);
    } else {
      commands.back().expected += line + "\n";
    }
  }
  return commands;
}

bool matches(std::string_view pattern, std::string_view text) {
  constexpr std::string_view ellipsis = "…";
  const std::size_t gap = pattern.find(ellipsis);
  if (gap == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, gap))) return false;
  const std::string_view rest = pattern.substr(gap + ellipsis.size());
  for (std::size_t from = gap; from <= text.size(); ++from) {
    if (matches(rest, text.substr(from))) return true;
  }
  return false;
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// What the top README.md tells a reader to type is typed: its files are written, its commands run
// by bash against a real pawld, and what comes back is what stands there.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "recipes/page.hpp"
#include "system/process.hpp"
#include "system/temporary_directory.hpp"

using pawl::testing::Block;
using pawl::testing::Command;
using pawl::testing::Daemon;
using pawl::testing::matches;
using pawl::testing::Process;
using pawl::testing::read_blocks;
using pawl::testing::read_commands;
using pawl::testing::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

void write_script(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  fs::permissions(path, fs::perms::owner_all);
}

// One shell for all commands of a block; a line of its own ends the output of each.
std::vector<std::string> run(const std::vector<Command>& commands, const std::string& directory,
                             const std::vector<std::string>& environment) {
  const std::string mark = "-- end of output --";
  std::string script = "cd '" + directory + "'\nPATH='" +
                       fs::path(PAWL_PROGRAM).parent_path().string() + "':\"$PATH\"\n";
  for (const Command& command : commands) script += command.typed + "\necho '" + mark + "'\n";
  Process shell({"/usr/bin/env", "bash", "-c", script}, environment);
  std::vector<std::string> outputs(1);
  while (const auto line = shell.read_line()) {
    if (*line == mark) {
      outputs.emplace_back();
    } else {
      outputs.back() += *line + "\n";
    }
  }
  CHECK(shell.wait() == 0);
  outputs.pop_back();
  return outputs;
}

}  // namespace

TEST_CASE("the tools that the README's recipes use are there") {
  for (const std::string tool : {"bash", "flock", "sqlite3", "sync", "mktemp"}) {
    INFO(tool << " is missing: ./dev test installs it");
    CHECK(Process({"/usr/bin/env", tool, "--version"}).wait() != 127);
  }
}

TEST_CASE("the recipes of the README do what they say") {
  const std::vector<Block> blocks = read_blocks(PAWL_SOURCE_DIR "/README.md");
  const TemporaryDirectory directory;
  const Daemon daemon;
  const std::vector<std::string> environment{"PAWL_SERVER=127.0.0.1:" +
                                             std::to_string(daemon.port())};
  std::size_t files = 0;
  std::size_t typed = 0;

  for (const Block& block : blocks) {
    if (!block.file.empty()) {
      write_script(directory.path(block.file), block.text);
      ++files;
      continue;
    }
    const std::vector<Command> commands = read_commands(block.text);
    const std::vector<std::string> outputs = run(commands, directory.path(), environment);
    REQUIRE(outputs.size() == commands.size());
    for (std::size_t i = 0; i < commands.size(); ++i) {
      INFO("$ " << commands[i].typed << "\nexpected: " << commands[i].expected
                << "\ngot: " << outputs[i]);
      CHECK(matches(commands[i].expected, outputs[i]));
      ++typed;
    }
  }
  CHECK(files >= 2);
  CHECK(typed >= 10);
}

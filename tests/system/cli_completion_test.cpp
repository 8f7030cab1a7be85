// SPDX-License-Identifier: Apache-2.0
//
// Completion as each shell takes it: its script is read without a complaint, and completes.
#include <catch2/catch.hpp>
#include <sstream>

#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;

namespace pawl::testing {
namespace {

struct Shell {
  std::string name;
  std::string program;
  std::string plain;  // no files of the user's
};

Outcome run(const Words& words) {
  Process process(words);
  const int code = process.wait();
  return {code, process.output()};
}

std::string folder_with_pawl() {
  const std::string program = PAWL_PROGRAM;
  return program.substr(0, program.rfind('/'));
}

Outcome in_fish(const std::string& script) {
  return run({"/usr/bin/env", "PATH=" + folder_with_pawl() + ":/usr/bin:/bin", "HOME=/nonexistent",
              "/usr/bin/fish", "--no-config", "-c", "pawl completion fish | source; " + script});
}

}  // namespace

TEST_CASE("each shell accepts the script that is made for it") {
  const auto shell = GENERATE(values<Shell>({{"bash", "/bin/bash", "--norc"},
                                             {"zsh", "/usr/bin/zsh", "--no-rcs"},
                                             {"fish", "/usr/bin/fish", "--no-config"}}));
  const TemporaryDirectory directory;
  const std::string script = directory.path() + "/script";
  REQUIRE(
      run({"/bin/sh", "-c", "exec \"$0\" completion " + shell.name + " > " + script, PAWL_PROGRAM})
          .code == 0);
  const Outcome outcome = run({shell.program, shell.plain, "-n", script});
  CHECK(outcome.code == 0);
  CHECK(outcome.output.empty());
}

TEST_CASE("zsh takes the script after compinit, and knows whom to ask") {
  const Outcome outcome =
      run({"/usr/bin/zsh", "--no-rcs", "-c",
           "autoload -Uz compinit && compinit -u -D && source <(\"$0\" completion zsh) && "
           "print -r -- ${_comps[pawl]}",
           PAWL_PROGRAM});
  CHECK(outcome.output == "_pawl\n");
}

TEST_CASE("fish completes commands, options and their values") {
  CHECK_THAT(in_fish("complete -C 'pawl to'").output, Contains("top\t"));
  CHECK_THAT(in_fish("complete -C 'pawl status --w'").output, Contains("--watch\t"));
  CHECK_THAT(in_fish("complete -C 'pawl top --on'").output, Contains("--once\t"));
  CHECK_THAT(in_fish("complete -C 'pawl --color al'").output, Contains("always"));
}

TEST_CASE("bash completes the commands and options that watch") {
  const auto [line, word] = GENERATE(table<std::string, std::string>(
      {{"pawl to", "top"}, {"pawl status --wa", "--watch"}, {"pawl --color al", "always"}}));
  std::istringstream words(line);
  std::string list;
  std::string last;
  int count = 0;
  for (std::string one; words >> one; ++count) {
    list += " " + one;
    last = one;
  }
  const Outcome outcome = run({"/bin/bash", "--norc", "-c",
                               "source <(\"$0\" completion bash) && COMP_WORDS=(" + list +
                                   ") COMP_CWORD=" + std::to_string(count - 1) +
                                   " && _pawl && echo \"${COMPREPLY[@]}\"",
                               PAWL_PROGRAM});
  CHECK(outcome.output == word + "\n");
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include <catch2/catch.hpp>

#include "cli/commands/families.hpp"

using Catch::Matchers::Contains;

namespace pawl::cli {

TEST_CASE("every command and every long option stands in each shell's script") {
  Program program;
  add_acquire(program);
  add_token_commands(program);
  add_look_commands(program);
  add_top(program);
  add_watch(program);
  add_node_commands(program);
  add_secret(program);
  add_certs(program);
  add_bench(program);
  add_basic_commands(program);
  const std::string shell = GENERATE("bash", "zsh", "fish");
  const std::string script = completion_script(program.app(), shell);
  const auto commands = program.app().get_subcommands([](const CLI::App*) { return true; });
  REQUIRE(commands.size() > 10);

  for (const CLI::App* command : commands) {
    CHECK_THAT(script, Contains(command->get_name()));
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) CHECK_THAT(script, Contains(name));
    }
  }
}

TEST_CASE("a command that is added is completed, its options and their choices too") {
  CLI::App app("", "pawl");
  std::string fruit;
  app.add_subcommand("eat", "Eats what's there")
      ->add_option("--fruit", fruit, "which")
      ->check(CLI::IsMember({"apple", "pear"}));

  CHECK_THAT(completion_script(app, "bash"), Contains("'') offered='eat") &&
                                                 Contains("eat) offered='") &&
                                                 Contains("eat:--fruit) offered='apple pear'"));
  CHECK_THAT(completion_script(app, "zsh"), Contains(R"('eat:Eats what'\''s there')"));
  CHECK_THAT(completion_script(app, "fish"), Contains("-l fruit -r -f -a 'apple pear'"));
}

}  // namespace pawl::cli

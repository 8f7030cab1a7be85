// SPDX-License-Identifier: Apache-2.0
//
// The pawl command: its families of commands, and nothing else.
#include "cli/commands/families.hpp"

int main(int argc, char** argv) {
  pawl::cli::Program program;
  pawl::cli::add_acquire(program);
  pawl::cli::add_token_commands(program);
  pawl::cli::add_look_commands(program);
  pawl::cli::add_basic_commands(program);
  return program.run(argc, argv);
}

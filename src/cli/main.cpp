// SPDX-License-Identifier: Apache-2.0
//
// The pawl command: its families of commands, and nothing else.
#include <utility>

#include "cli/commands/families.hpp"
#include "cli/output.hpp"
#include "cli/run/run_options.hpp"

int main(int argc, char** argv) {
  pawl::cli::keep_streams_closed();
  pawl::cli::Program program;
  auto [own, command] = pawl::cli::split_run(argc, argv);
  pawl::cli::add_run(program, command);
  pawl::cli::add_elect(program, std::move(command));
  pawl::cli::add_acquire(program);
  pawl::cli::add_token_commands(program);
  pawl::cli::add_look_commands(program);
  pawl::cli::add_top(program);
  pawl::cli::add_watch(program);
  pawl::cli::add_node_commands(program);
  pawl::cli::add_secret(program);
  pawl::cli::add_certs(program);
  pawl::cli::add_bench(program);
  pawl::cli::add_basic_commands(program);
  return program.run(own, argv);
}

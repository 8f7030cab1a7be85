// SPDX-License-Identifier: Apache-2.0
//
// How the servers are now, and which locks are waited for most.
#include "cli/top/top.hpp"

#include <memory>

#include "cli/arguments.hpp"
#include "cli/commands/families.hpp"

namespace pawl::cli {

void add_top(Program& program) {
  auto options = std::make_shared<top::TopOptions>();
  CLI::App& command =
      program.add("top", "Watch the nodes, and the locks that most wait for",
                  "  pawl -s db1,db2,db3 top          on the whole terminal, until q\n"
                  "  pawl top jobs/ --interval 5s     only names that begin so\n"
                  "  pawl top --once                  once, as plain text; also -o json\n"
                  "  pawl top | tee seen              again and again, as plain text\n"
                  "Keys: arrows or j and k choose a lock, Enter shows its queue, Esc goes back;\n"
                  "/ takes the beginning of names, p pauses, q quits.\n",
                  [options](const Globals& globals) { return top::run_top(globals, *options); });
  add_prefix(command, options->prefix);
  add_interval(command, options->interval);
  add_page(command, options->limit, "locks");
  command.add_flag("--once", options->once, "print what is there now, and end");
}

}  // namespace pawl::cli

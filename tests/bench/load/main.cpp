// SPDX-License-Identifier: Apache-2.0
//
// bench_load: one thread of load in the dialect of one server; prints one JSON object.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "load/runs.hpp"

namespace {

using namespace pawl::bench;

struct Command {
  std::string workload;
  std::string dialect = "pawl";
  Options options;
};

void describe(CLI::App& app, Command& command) {
  Options& options = command.options;
  std::vector<std::string> known;
  for (const auto& [name, run] : runs()) known.push_back(name);
  app.add_option("workload", command.workload)->required()->check(CLI::IsMember(known));
  app.add_option("--dialect", command.dialect)
      ->check(CLI::IsMember({"pawl", "redis", "memcached", "echo"}));
  app.add_option("--port", options.shape.port, "on 127.0.0.1")->required();
  app.add_option("--connections", options.shape.connections)->check(CLI::Range(1, 20'000));
  app.add_option("--depth", options.shape.depth, "requests under way on each connection")
      ->check(CLI::Range(1, 1'024));
  app.add_flag("--tls", options.shape.tls, "with whoever it is; for pair and idle");
  app.add_flag("--spin", options.shape.spins, "never sleep: measures no wake-up of the client");
  app.add_option("--warm-up", options.warm_up, "milliseconds before the measured span");
  app.add_option("--span", options.span, "measured milliseconds");
  app.add_option("--count", options.count, "locks or sessions");
  app.add_option("--server-pid", options.servers, "whose processor time is reported");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Loads one lock server on loopback, in its own dialect.");
  Command command;
  describe(app, command);
  CLI11_PARSE(app, argc, argv);
  try {
    const auto dialect = dialect_named(command.dialect);
    dialect->prepare(command.options.shape.port);
    std::uint64_t errors = 0;
    runs().at(command.workload)(*dialect, command.options, [&](const Report& report) {
      errors = report.at("errors");
      std::cout << report << std::endl;
    });
    return errors == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const std::exception& failure) {
    std::cerr << "bench_load: " << failure.what() << '\n';
    return EXIT_FAILURE;
  }
}

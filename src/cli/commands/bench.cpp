// SPDX-License-Identifier: Apache-2.0
//
// What a server does under load: pawl bench.
#include "cli/bench/bench.hpp"

#include <memory>

#include "cli/arguments.hpp"
#include "cli/commands/families.hpp"
#include "cli/failure.hpp"
#include "cli/text/printable.hpp"
#include "wire/values.hpp"

namespace pawl::cli {
namespace {

struct Wanted {
  bench::Plan plan;
  std::string kind;
  bool json = false;
  bool quiet = false;
};

constexpr auto examples =
    "  pawl bench pair                              lock and unlock, 16 connections, 10s\n"
    "  pawl bench pair --connections 16 --depth 32  pipelined\n"
    "  pawl bench contend --connections 64          one lock, 64 clients that wait for it\n"
    "  pawl bench renew                             sessions kept alive, leases renewed\n"
    "  pawl bench hold --locks 1000000 --duration 1m\n"
    "  pawl bench expire --locks 1000000            as many leases end at once, beside pairs\n"
    "  pawl -s a,b,c bench failover --duration 1m   stop a server by hand meanwhile\n"
    "Counts what the server verifiably did; what else it said is counted by its code. Every name "
    "begins\n"
    "with bench/, and nothing is left held. Percentiles are at most 0.8% above the true ones.\n";

struct Count {
  std::uint64_t& value;
  std::uint64_t most;
};

// Not read by CLI11: to that, 010 is 8.
void add_count(CLI::App& command, const std::string& option, Count count,
               const std::string& meaning) {
  command
      .add_option_function<std::string>(
          option,
          [count, option](const std::string& text) {
            count.value = wire::parse_integer(text).value_or(0);
            if (count.value >= 1 && count.value <= count.most) return;
            throw CLI::ValidationError(
                option, in_quotes(text) + " is no number from 1 to " + std::to_string(count.most));
          },
          meaning)
      ->type_name("N");
}

void add_duration(CLI::App& command, Milliseconds& duration) {
  command
      .add_option_function<std::string>(
          "--duration",
          [&duration](const std::string& text) {
            duration = wire::parse_duration(text).value_or(Milliseconds{0});
            if (duration >= bench::least_duration && duration <= bench::most_duration) return;
            throw CLI::ValidationError("--duration",
                                       in_quotes(text) + " is no duration from 100ms to 1h");
          },
          "how long it is measured")
      ->type_name("SPAN")
      ->default_str("10s");
}

int run(Globals globals, const Wanted& wanted) {
  bench::Plan plan = wanted.plan;
  const auto& words = bench::kind_words();
  const auto at = std::find(words.begin(), words.end(), wanted.kind) - words.begin();
  plan.kind = static_cast<bench::Kind>(at);
  if (wanted.json) globals.output = "json";
  return bench::run_bench(globals, plan, wanted.quiet);
}

}  // namespace

void add_bench(Program& program) {
  auto wanted = std::make_shared<Wanted>();
  CLI::App& command =
      program.add("bench", "Load a server, and measure what it does", examples,
                  [wanted](const Globals& globals) { return run(globals, *wanted); });
  command.add_option("WORKLOAD", wanted->kind, "what is asked of it")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember(bench::kind_words()));
  bench::Plan& plan = wanted->plan;
  add_count(command, "--connections", {plan.connections, bench::most_connections},
            "clients, each on its own connection");
  add_count(command, "--depth", {plan.depth, bench::most_depth},
            "requests under way on each connection");
  add_count(command, "--locks", {plan.locks, bench::most_locks},
            "of contend, hold and expire: how many locks");
  add_duration(command, plan.duration);
  add_ttl(command, plan.ttl)->description("lease of each lock, and of each session");
  command.add_flag("--json", wanted->json, "the same as -o json");
  command.add_flag("--quiet", wanted->quiet, "no progress on a terminal");
}

}  // namespace pawl::cli

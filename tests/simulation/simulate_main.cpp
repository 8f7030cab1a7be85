// SPDX-License-Identifier: Apache-2.0
//
// simulate: runs seeds until one breaks a law, and says how to see it again.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mutants.hpp"
#include "simulation/cluster/cluster.hpp"
#include "simulator.hpp"

namespace {

using namespace pawl;
using Clock = std::chrono::steady_clock;

constexpr std::string_view usage =
    R"(simulate --seed N [--verbose]     one seed; --verbose prints what clients saw
simulate --seeds N [--from S]     N seeds, one after the other
simulate --seconds S | --hours H  as many as fit in this wall time
  --disk                          on a disk of its own, with crashes and power cuts
  --cluster                       several nodes, their network, disks and clocks
  --nodes N                       … so many, whatever the seed says
  --plain                         exclusive locks of one name only, as kept seeds say
  --all                           go on after a violation, one line for each
  --trace                         with --seed: what nodes and clients do
  --mutant NAME                   with a seeded bug in the core; --mutants lists them
)";

struct Wanted {
  std::uint64_t from = 1;
  std::uint64_t seeds = 100;
  double seconds = 0;  // 0: count seeds
  bool verbose = false;
  bool from_given = false;
  bool disk = false;
  bool cluster = false;
  bool all = false;
  bool plain = false;
  std::size_t nodes = 0;  // 0: as the seed says
  std::string mutant;
};

[[noreturn]] void stop(std::string_view why) {
  std::cerr << why << '\n' << usage;
  std::exit(64);
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) stop("not a number");
  return value;
}

Wanted parse(const std::vector<std::string_view>& words) {
  Wanted wanted;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto value = [&] {
      if (++i == words.size()) stop("a value is missing");
      return words[i];
    };
    std::string_view word = words[i];
    bool is_number = !word.empty() && word.find_first_not_of("0123456789") == word.npos;
    if (word == "--seed" || is_number) {
      wanted.from = number_of(is_number ? word : value());
      wanted.seeds = 1;
      wanted.from_given = true;
    } else if (word == "--seeds") {
      wanted.seeds = number_of(value());
    } else if (word == "--from") {
      wanted.from = number_of(value());
      wanted.from_given = true;
    } else if (word == "--seconds") {
      wanted.seconds = static_cast<double>(number_of(value()));
    } else if (word == "--hours") {
      wanted.seconds = std::strtod(std::string{value()}.c_str(), nullptr) * 3600;
    } else if (word == "--verbose" || word == "--trace") {
      wanted.verbose = true;
    } else if (word == "--disk") {
      wanted.disk = true;
    } else if (word == "--nodes") {
      wanted.nodes = number_of(value());
    } else if (word == "--plain") {
      wanted.plain = true;
    } else if (word == "--all") {
      wanted.all = true;
    } else if (word == "--cluster") {
      wanted.cluster = true;
    } else if (word == "--mutant") {
      wanted.mutant = value();
    } else if (word == "--mutants") {
      for (const auto& named : simulation::mutants) std::cout << named.name << '\n';
      for (const auto& named : simulation::disk_mutants) std::cout << named.name << "  --disk\n";
      simulation::each_cluster_mutant([](const auto& named) {
        std::cout << named.name << "  --cluster, " << named.law << '\n';
      });
      std::exit(0);
    } else {
      if (word != "--help") stop(word);
      std::cout << usage;
      std::exit(0);
    }
  }
  return wanted;
}

void choose(const std::string& name) {
  if (name.empty()) return;
  auto look_in = [&](const auto& list) {
    for (const auto& named : list) {
      if (named.name == name) chosen_mutant = named.mutant;
    }
  };
  look_in(simulation::mutants);
  look_in(simulation::disk_mutants);
  simulation::each_cluster_mutant([&](const auto& named) {
    if (named.name == name) chosen_mutant = named.mutant;
  });
  if (chosen_mutant != Mutant::none) return;
  stop("no such mutant");
}

template <class Simulation>
void report(const simulation::Result& result, const Simulation& simulation, const Wanted& wanted) {
  std::uint64_t seed = result.options.seed;
  if (wanted.verbose) std::cout << simulation.trace(100'000);
  if (!result.violation) return;
  if (wanted.all) {
    std::cout << "seed " << seed << "  " << result.violation->law << ": " << result.violation->text
              << std::endl;
    return;
  }
  if (!wanted.verbose) std::cout << "the last requests:\n" << simulation.trace(20);
  std::cout << "\nVIOLATION  " << result.violation->law << "\n  " << result.violation->text
            << "\ndrawn options: " << to_text(result.options) << "\nafter "
            << std::chrono::duration<double>(result.simulated).count()
            << " simulated seconds. To see it again:\n  ./dev simulate --seed " << seed
            << (wanted.plain ? " --plain" : "") << (wanted.disk ? " --disk" : "")
            << (wanted.cluster ? " --cluster --trace" : "")
            << (wanted.nodes > 0 ? " --nodes " + std::to_string(wanted.nodes) : "")
            << (wanted.mutant.empty() ? "" : " --mutant " + wanted.mutant) << "\n";
}

simulation::Result run_one(std::uint64_t seed, const Wanted& wanted) {
  if (wanted.cluster) {
    simulation::Options options = simulation::draw_options_of_cluster(seed);
    if (wanted.plain) options = plain(std::move(options));
    if (wanted.nodes > 0) options.cluster->witness.assign(wanted.nodes, false);
    simulation::Cluster cluster{options, wanted.verbose ? &std::cout : nullptr};
    simulation::Result result = cluster.run();
    report(result, cluster, wanted);
    return result;
  }
  simulation::Options options =
      wanted.disk ? simulation::draw_options_with_disk(seed) : simulation::draw_options(seed);
  if (wanted.plain) options = plain(std::move(options));
  simulation::Simulator simulator{options};
  simulation::Result result = simulator.run();
  report(result, simulator, wanted);
  return result;
}

struct Sum {
  std::uint64_t seeds = 0;
  std::uint64_t broken = 0;
  std::uint64_t events = 0;
  std::uint64_t grants = 0;
  std::uint64_t starts = 0;
  simulation::Tally tally;
  std::uint64_t refused = 0;
  double simulated = 0;  // seconds

  void add(const simulation::Result& result) {
    ++seeds;
    broken += result.violation ? 1u : 0u;
    events += result.events;
    grants += result.grants;
    starts += result.starts;
    tally.add(result.tally);
    refused += result.refused_start ? 1u : 0u;
    simulated += std::chrono::duration<double>(result.simulated).count();
  }
};

void print(const Sum& sum, const Wanted& wanted, double wall) {
  auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "seeds %llu..%llu: %.2f simulated hours in %.1f s (%.0f times real time), "
      "%.0f seeds/s, %.0f events/s, %llu grants: %s\n",
      number(wanted.from), number(wanted.from + sum.seeds - 1), sum.simulated / 3600, wall,
      sum.simulated / wall, static_cast<double>(sum.seeds) / wall,
      static_cast<double>(sum.events) / wall, number(sum.grants),
      sum.broken > 0 ? "VIOLATION" : "no violation");
  if (wanted.disk) {
    std::printf("%llu starts; %llu seeds ended with a damaged disk refused\n", number(sum.starts),
                number(sum.refused));
  }
  if (wanted.cluster) std::printf("%s\n", to_text(sum.tally).c_str());
  if (wanted.all) std::printf("%llu seeds broke a law\n", number(sum.broken));
}

int run(const Wanted& wanted) {
  Clock::time_point began = Clock::now();
  auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  Sum sum;
  auto more = [&] {
    if (sum.broken > 0 && !wanted.all) return false;
    return wanted.seconds > 0 ? elapsed() < wanted.seconds : sum.seeds < wanted.seeds;
  };
  while (more()) sum.add(run_one(wanted.from + sum.seeds, wanted));
  print(sum, wanted, elapsed());
  return sum.broken > 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** words) {
  Wanted wanted = parse({words + 1, words + count});
  choose(wanted.mutant);
  // A run for a time looks at seeds nobody has looked at before.
  if (wanted.seconds > 0 && !wanted.from_given) {
    wanted.from = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() /
                                             std::chrono::milliseconds{1});
  }
  return run(wanted);
}

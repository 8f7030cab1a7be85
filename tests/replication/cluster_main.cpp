// SPDX-License-Identifier: Apache-2.0
//
// replication_seeds FIRST COUNT [MUTANT]: runs seeds, prints what they broke. TRACE=1: everything.
#include <array>
#include <cstdlib>
#include <iostream>
#include <string>

#include "cluster.hpp"
#include "mutants.hpp"
#include "simulation/broken_law.hpp"

int main(int argc, char** argv) {
  using namespace pawl;
  using namespace pawl::replication;
  if (argc < 3) return 64;
  std::uint64_t first = std::strtoull(argv[1], nullptr, 10);
  std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  for (const auto& [name, mutant] : mutants) {
    if (argc > 3 && name == argv[3]) chosen_mutant = mutant;
  }
  Summary total;
  std::uint64_t broken = 0;
  auto report = [&](std::uint64_t seed, const std::string& text) {
    ++broken;
    simulation::Random random{seed};
    std::cout << "seed " << seed << ": " << text << "\n  " << to_text(draw_hardship(random))
              << '\n';
  };
  for (std::uint64_t seed = first; seed < first + count && broken < 20; ++seed) {
    try {
      Summary one = Cluster{seed, std::getenv("TRACE") ? &std::cout : nullptr}.run();
      total.steps += one.steps;
      total.committed += one.committed;
      total.elections += one.elections;
      total.confirmed += one.confirmed;
      total.snapshots += one.snapshots;
      total.repairs += one.repairs;
      total.handovers += one.handovers;
      total.simulated += one.simulated;
    } catch (const BrokenPromise& promise) {
      report(seed, promise.text);
    } catch (const simulation::BrokenLaw& law) {
      report(seed, law.text);
    }
  }
  std::cout << count << " seeds, " << broken << " broken; "
            << total.simulated / std::chrono::seconds{1} << " s simulated, " << total.steps
            << " steps, " << total.committed << " committed, " << total.elections << " elections, "
            << total.confirmed << " confirmed reads, " << total.snapshots << " snapshots, "
            << total.repairs << " repairs, " << total.handovers << " handovers\n";
  return broken == 0 ? 0 : 1;
}

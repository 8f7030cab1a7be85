// SPDX-License-Identifier: Apache-2.0
#include "simulation/cluster/cluster.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace {

using pawl::simulation::Cluster;
using pawl::simulation::ClusterOptions;
using pawl::simulation::draw_options_of_cluster;
using pawl::simulation::Happening;
using pawl::simulation::Mishap;
using pawl::simulation::Options;
using pawl::simulation::Result;
using pawl::simulation::simulate_cluster;
using pawl::simulation::Tally;

// Sanitized it is ten times slower; PAWL_SIMULATION_SEEDS asks for more.
std::uint64_t seeds_wanted() {
  if (const char* wanted = std::getenv("PAWL_SIMULATION_SEEDS")) {
    return std::strtoull(wanted, nullptr, 10);
  }
#ifdef __SANITIZE_ADDRESS__
  return 12;
#else
  return 120;
#endif
}

Result check(std::uint64_t seed, bool is_plain = false) {
  Options options = draw_options_of_cluster(seed);
  if (is_plain) options = plain(options);
  Result result = Cluster{options}.run();
  if (result.violation) {
    FAIL_CHECK(result.violation->law << "\n  " << result.violation->text << '\n'
                                     << to_text(result.options)
                                     << "\nTo see it again: ./dev simulate --cluster --trace "
                                     << (is_plain ? "--plain " : "") << "--seed " << seed);
  }
  return result;
}

void check_from(std::uint64_t first) {
  for (std::uint64_t seed = first; seed < first + seeds_wanted(); ++seed) check(seed);
}

}  // namespace

// Three, so that they run side by side.
TEST_CASE("no law is broken by clusters under seeds nobody has chosen") { check_from(30'000); }

TEST_CASE("no law is broken by clusters under other seeds nobody has chosen") {
  check_from(40'000);
}

TEST_CASE("no law is broken by clusters under yet other seeds nobody has chosen") {
  check_from(50'000);
}

TEST_CASE("what a seed of a cluster once found stays found") {
  std::ifstream file{PAWL_CLUSTER_SEEDS};
  std::string line;
  int kept = 0;
  while (std::getline(file, line)) {
    std::uint64_t seed = 0;
    bool is_plain = line.starts_with("plain ");
    if (is_plain) line.erase(0, 6);
    if (line.starts_with('#') || !(std::istringstream{line} >> seed)) continue;
    ++kept;
    check(seed, is_plain);
  }
  CHECK(kept > 0);
}

TEST_CASE("one seed of a cluster is one history, two seeds are two") {
  Result once = simulate_cluster(7);
  Result again = simulate_cluster(7);
  CHECK(once.hash == again.hash);
  CHECK(once.events == again.events);
  CHECK(once.tally.happenings == again.tally.happenings);
  CHECK(once.hash != simulate_cluster(8).hash);
}

// A swarm that never does a thing proves nothing about it.
TEST_CASE("in forty seeds everything befalls clusters that may") {
  Tally tally;
  std::set<std::size_t> sizes;
  std::uint64_t witnesses = 0;
  std::uint64_t grants = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Result result = check(seed);
    const ClusterOptions& cluster = *result.options.cluster;
    tally.add(result.tally);
    sizes.insert(cluster.nodes());
    witnesses += static_cast<std::uint64_t>(
        std::count(cluster.witness.begin(), cluster.witness.end(), true));
    grants += result.grants;
  }

  for (std::size_t i = 0; i < tally.mishaps.size(); ++i) {
    INFO(to_text(static_cast<Mishap>(i)));
    CHECK(tally.mishaps[i] > 0);
  }
  for (std::size_t i = 0; i < tally.happenings.size(); ++i) {
    INFO(to_text(static_cast<Happening>(i)));
    CHECK(tally.happenings[i] > 0);
  }
  CHECK(sizes == std::set<std::size_t>{1, 2, 3, 5});
  CHECK(witnesses > 0);
  CHECK(grants > 1'000);
}

// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "options.hpp"
#include "simulator.hpp"

namespace {

using pawl::simulation::draw_options;
using pawl::simulation::draw_options_with_disk;
using pawl::simulation::Options;
using pawl::simulation::Result;
using pawl::simulation::simulate;
using pawl::simulation::simulate_with_disk;
using pawl::simulation::Simulator;

// Sanitized it is ten times slower; PAWL_SIMULATION_SEEDS asks for more.
std::uint64_t seeds_wanted() {
  if (const char* wanted = std::getenv("PAWL_SIMULATION_SEEDS")) {
    return std::strtoull(wanted, nullptr, 10);
  }
#ifdef __SANITIZE_ADDRESS__
  return 20;
#else
  return 200;
#endif
}

void check(std::uint64_t seed, const Result& result, const char* how) {
  if (!result.violation) return;
  FAIL_CHECK(result.violation->law << "\n  " << result.violation->text << '\n'
                                   << to_text(result.options)
                                   << "\nTo see it again: ./dev simulate " << how << seed);
}

void check(std::uint64_t seed) { check(seed, simulate(seed), "--seed "); }

// "disk plain 7", perhaps without one of the words or both.
bool check_kept(const std::string& line) {
  std::istringstream words{line};
  std::string word;
  bool on_disk = false;
  bool is_plain = false;
  while (words >> word && (word == "disk" || word == "plain")) {
    (word == "disk" ? on_disk : is_plain) = true;
  }
  std::uint64_t seed = 0;
  if (!(std::istringstream{word} >> seed)) return false;
  Options options = on_disk ? draw_options_with_disk(seed) : draw_options(seed);
  if (is_plain) options = plain(options);
  std::string how = std::string{on_disk ? "--disk " : ""} + (is_plain ? "--plain " : "");
  check(seed, Simulator{options}.run(), (how + "--seed ").c_str());
  return true;
}

}  // namespace

TEST_CASE("no law is broken under seeds nobody has chosen") {
  constexpr std::uint64_t first = 10'000;
  for (std::uint64_t seed = first; seed < first + seeds_wanted(); ++seed) check(seed);
}

TEST_CASE("no law is broken over crashes, power cuts and what else a disk may do") {
  constexpr std::uint64_t first = 20'000;
  std::uint64_t starts = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = first; seed < first + seeds_wanted(); ++seed) {
    Result result = simulate_with_disk(seed);
    starts += result.starts;
    refused += result.refused_start ? 1 : 0;
    check(seed, result, "--disk --seed ");
  }
  CHECK(starts > 3 * seeds_wanted());
  CHECK(refused > 0);
}

TEST_CASE("what a seed once found stays found") {
  std::ifstream file{PAWL_SEEDS};
  std::string line;
  int kept = 0;
  while (std::getline(file, line)) {
    if (!line.starts_with('#') && check_kept(line)) ++kept;
  }
  CHECK(kept > 0);
}

TEST_CASE("one seed is one history, two seeds are two") {
  Result once = simulate(7);
  Result again = simulate(7);
  CHECK(once.hash == again.hash);
  CHECK(once.events == again.events);
  CHECK(once.operations == again.operations);
  CHECK(once.hash != simulate(8).hash);
  CHECK(simulate_with_disk(7).hash == simulate_with_disk(7).hash);
}

TEST_CASE("the clients do hold, lose and wait for locks") {
  std::uint64_t grants = 0;
  std::uint64_t operations = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Result result = simulate(seed);
    grants += result.grants;
    operations += result.operations;
  }
  CHECK(grants > 500);
  CHECK(operations > 5'000);
}

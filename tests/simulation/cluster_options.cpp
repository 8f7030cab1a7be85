// SPDX-License-Identifier: Apache-2.0
#include "cluster_options.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "options.hpp"
#include "random.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

struct Habit {
  std::string_view name;
  std::uint32_t weight;
};

constexpr std::array<Habit, mishap_count> mishaps{{{"crash", 6},
                                                   {"power_cut", 2},
                                                   {"pause", 5},
                                                   {"isolate", 5},
                                                   {"one_way", 4},
                                                   {"cut_pair", 3},
                                                   {"flap", 2},
                                                   {"mend", 4},
                                                   {"break_link", 3},
                                                   {"stuck_disk", 2},
                                                   {"damage", 4},
                                                   {"wipe", 3},
                                                   {"handover", 6},
                                                   {"drain", 2},
                                                   {"deaf_client", 1},
                                                   {"slow_inward", 6}}};

std::vector<bool> draw_shape(Random& random) {
  switch (random.below(10)) {
    case 0: return {false};
    case 1: return {false, false};
    case 2: return {false, false, true};
    case 3:
    case 4: return std::vector<bool>(5, false);
    default: return std::vector<bool>(3, false);
  }
}

ClusterOptions draw_cluster(Random& random) {
  ClusterOptions cluster;
  cluster.witness = draw_shape(random);
  cluster.drift_permyriad = random.pick<std::int64_t>(std::array{0l, 5l, 10l});
  cluster.least_latency = 50us;
  cluster.most_latency = random.pick<Span>(std::array<Span, 4>{300us, 2ms, 10ms, 60ms});
  cluster.mean_peace = random.pick<Span>(std::array<Span, 4>{300ms, 1s, 3s, 12s});
  cluster.most_down = random.pick<Span>(std::array<Span, 3>{20ms, 400ms, 4s});
  cluster.most_pause = random.pick<Span>(std::array<Span, 4>{300ms, 1s, 5s, 20s});
  cluster.most_cut = random.pick<Span>(std::array<Span, 3>{500ms, 3s, 10s});
  cluster.most_stuck = random.pick<Span>(std::array<Span, 2>{400ms, 3s});
  cluster.most_late = random.pick<Span>(std::array<Span, 2>{100ms, 300ms});
  cluster.notices_cut = random.pick<Span>(std::array<Span, 3>{300ms, 2s, 20s});
  cluster.drain_in_flight_permille = random.pick<std::uint32_t>(std::array{0u, 500u, 1000u});
  cluster.vote_crash_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 200u, 500u});
  cluster.part_bytes = random.pick<std::size_t>(std::array<std::size_t, 3>{1'000, 4'000, 500'000});
  cluster.snapshot_after =
      random.pick<std::uint64_t>(std::array<std::uint64_t, 3>{1'000, 8'000, 1u << 30});
  cluster.kept_log =
      random.pick<std::size_t>(std::array<std::size_t, 4>{500, 2'000, 10'000, 4u << 20});
  cluster.reign_cut_short_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 150u, 400u});
  cluster.heals_all = random.chance(600);
  for (std::size_t i = 0; i < mishap_count; ++i) {
    cluster.weights[i] = mishaps[i].weight * random.pick<std::uint32_t>(std::array{0u, 0u, 1u, 3u});
  }
  return cluster;
}

}  // namespace

Options draw_options_of_cluster(std::uint64_t seed) {
  Options options = draw_options(seed);
  Random random{seed ^ 0xC105'7E12'C105'7E12u};
  options.length = 20s;
  options.clients = static_cast<std::uint32_t>(random.between(2, 7));
  options.least_ttl = Milliseconds{1'000};
  options.most_ttl = random.pick(std::array{Milliseconds{1'200}, Milliseconds{3'000}});
  options.reclaim = random.pick(std::array{Milliseconds{1'000}, Milliseconds{4'000}});
  options.most_delay = random.pick<Span>(std::array<Span, 3>{200us, 2ms, 20ms});
  options.most_thought = random.pick<Span>(std::array<Span, 3>{60ms, 200ms, 800ms});
  options.durability = Durability::fsync;
  options.most_flush = random.pick<Span>(std::array<Span, 3>{500us, 5ms, 30ms});
  options.stall_permille = 0;
  options.pauses_a_minute = 0;
  options.tick_lateness = random.pick<Span>(std::array<Span, 2>{0ms, 2ms});
  options.cluster = draw_cluster(random);
  return options;
}

std::string to_text(Mishap mishap) {
  return std::string{mishaps[static_cast<std::size_t>(mishap)].name};
}

std::string to_text(const ClusterOptions& options) {
  std::ostringstream out;
  auto us = [](Span span) { return span / 1us; };
  out << "\n  cluster: nodes=";
  for (bool witness : options.witness) out << (witness ? 'W' : 'V');
  out << " drift_permyriad=" << options.drift_permyriad
      << " latency_us=" << us(options.most_latency) << " peace_us=" << us(options.mean_peace)
      << " down_us=" << us(options.most_down) << " pause_us=" << us(options.most_pause)
      << " cut_us=" << us(options.most_cut) << " stuck_us=" << us(options.most_stuck)
      << " late_us=" << us(options.most_late) << " notices_cut_us=" << us(options.notices_cut)
      << " drain_in_flight_permille=" << options.drain_in_flight_permille
      << " vote_crash_permille=" << options.vote_crash_permille
      << " reign_cut_short_permille=" << options.reign_cut_short_permille
      << " part_bytes=" << options.part_bytes << " snapshot_after=" << options.snapshot_after
      << " kept_log=" << options.kept_log << " heals_all=" << options.heals_all << "\n  mishaps:";
  for (std::size_t i = 0; i < mishap_count; ++i) {
    out << ' ' << mishaps[i].name << '=' << options.weights[i];
  }
  return out.str();
}

}  // namespace pawl::simulation

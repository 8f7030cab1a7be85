// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <sstream>
#include <string_view>

#include "random.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

struct Habit {
  std::string_view name;
  std::uint32_t weight;
};

constexpr std::array<Habit, act_count> habits{{{"lock", 30},
                                               {"lock_again", 12},
                                               {"unlock", 14},
                                               {"unlock_wrong", 3},
                                               {"renew", 8},
                                               {"verify", 4},
                                               {"cancel", 6},
                                               {"show", 2},
                                               {"list", 2},
                                               {"break_lock", 2},
                                               {"keep_alive", 6},
                                               {"close", 2},
                                               {"disconnect", 4},
                                               {"half_close", 2},
                                               {"quit", 1},
                                               {"pause", 3}}};

std::string_view name_of(Durability durability) {
  switch (durability) {
    case Durability::fsync: return "fsync";
    case Durability::relaxed: return "relaxed";
    case Durability::none: return "none";
  }
  return "none";
}

Span microseconds(std::int64_t count) { return std::chrono::microseconds{count}; }

Kinds draw_kinds(Random& random) {
  Kinds kinds;
  kinds.shared_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 300u, 700u});
  kinds.slot_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 300u, 800u});
  kinds.several_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 300u, 700u});
  kinds.delay_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 300u, 700u});
  kinds.max_hold_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 200u, 600u});
  kinds.deadlock_permille = random.pick<std::uint32_t>(std::array{1'000u, 1'000u, 800u, 0u});
  for (std::uint32_t& slots : kinds.slots) {
    slots = random.pick<std::uint32_t>(std::array{1u, 2u, 2u, 3u, 4u});
  }
  return kinds;
}

std::string to_text(const Kinds& kinds) {
  std::ostringstream out;
  out << "\n  kinds: shared_permille=" << kinds.shared_permille
      << " slot_permille=" << kinds.slot_permille << " several_permille=" << kinds.several_permille
      << " delay_permille=" << kinds.delay_permille
      << " max_hold_permille=" << kinds.max_hold_permille
      << " deadlock_permille=" << kinds.deadlock_permille << " slots=" << kinds.slots[0] << '/'
      << kinds.slots[1];
  return out.str();
}

}  // namespace

Options draw_options(std::uint64_t seed) {
  Random random{seed};
  Options options;
  options.seed = seed;
  options.length = 30s;
  options.clients = static_cast<std::uint32_t>(random.between(2, 9));
  options.locks = static_cast<std::uint32_t>(random.between(1, 4));
  options.session_clients_permille = random.pick<std::uint32_t>(std::array{0u, 300u, 600u, 1000u});
  options.id_permille = random.pick<std::uint32_t>(std::array{0u, 300u, 700u, 1000u});
  options.tagged_permille = random.pick<std::uint32_t>(std::array{0u, 500u, 900u});
  options.second_connection_permille = random.pick<std::uint32_t>(std::array{0u, 200u, 500u});
  options.least_ttl = random.pick(std::array{Milliseconds{50}, Milliseconds{200}});
  options.most_ttl =
      random.pick(std::array{Milliseconds{300}, Milliseconds{1500}, Milliseconds{5000}});
  options.reclaim = random.pick(std::array{Milliseconds{300}, Milliseconds{5000}});
  options.drift_permyriad = random.pick<std::int64_t>(std::array{0l, 5l, 10l});
  options.most_thought = random.pick<Span>(std::array<Span, 3>{20ms, 150ms, 800ms});
  options.least_delay = microseconds(20);
  options.most_delay = random.pick<Span>(std::array<Span, 4>{200us, 2ms, 20ms, 200ms});
  options.late_end_permille = random.pick<std::uint32_t>(std::array{0u, 300u, 800u});
  options.durability = random.chance(600) ? Durability::fsync : Durability::none;
  options.most_flush = random.pick<Span>(std::array<Span, 4>{500us, 5ms, 50ms, 50ms});
  options.stall_permille = random.pick<std::uint32_t>(std::array{0u, 5u, 50u});
  options.most_stall = random.pick<Span>(std::array<Span, 2>{100ms, 400ms});
  options.tick_lateness = random.pick<Span>(std::array<Span, 3>{0ms, 1ms, 10ms});
  options.pauses_a_minute = random.pick<std::uint32_t>(std::array{0u, 0u, 4u, 20u});
  options.most_pause = random.pick<Span>(std::array<Span, 3>{900ms, 2s, 4s});
  for (std::size_t i = 0; i < act_count; ++i) {
    options.weights[i] = habits[i].weight * random.pick<std::uint32_t>(std::array{0u, 1u, 1u, 3u});
  }
  if (options.weights[0] == 0) options.weights[0] = habits[0].weight;
  options.kinds = draw_kinds(random);
  return options;
}

Options plain(Options options) {
  options.kinds = {};
  return options;
}

std::string to_text(const Options& options) {
  std::ostringstream out;
  auto us = [](Span span) {
    return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
  };
  out << "seed=" << options.seed << " clients=" << options.clients << " locks=" << options.locks
      << " session_clients_permille=" << options.session_clients_permille
      << " id_permille=" << options.id_permille << " tagged_permille=" << options.tagged_permille
      << " second_connection_permille=" << options.second_connection_permille
      << "\n  ttl_ms=" << options.least_ttl.count() << ".." << options.most_ttl.count()
      << " reclaim_ms=" << options.reclaim.count() << " drift_permyriad=" << options.drift_permyriad
      << " thought_us=" << us(options.most_thought) << " delay_us=" << us(options.most_delay)
      << " late_end_permille=" << options.late_end_permille
      << "\n  durability=" << name_of(options.durability) << " flush_us=" << us(options.most_flush)
      << " stall_permille=" << options.stall_permille << " stall_us=" << us(options.most_stall)
      << " tick_lateness_us=" << us(options.tick_lateness)
      << " pauses_a_minute=" << options.pauses_a_minute << " pause_us=" << us(options.most_pause)
      << "\n  weights:";
  for (std::size_t i = 0; i < act_count; ++i) {
    out << ' ' << habits[i].name << '=' << options.weights[i];
  }
  out << to_text(options.kinds);
  if (options.disk) out << to_text(*options.disk);
  if (options.cluster) out << to_text(*options.cluster);
  return out.str();
}

}  // namespace pawl::simulation

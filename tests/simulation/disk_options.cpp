// SPDX-License-Identifier: Apache-2.0
#include "disk_options.hpp"

#include <algorithm>
#include <sstream>

#include "options.hpp"
#include "random.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

Options draw_options_with_disk(std::uint64_t seed) {
  Options options = draw_options(seed);
  Random random{seed ^ 0xD15C'D15C'D15C'D15Cu};
  options.length = 20s;
  options.durability = random.chance(700)   ? Durability::fsync
                       : random.chance(700) ? Durability::relaxed
                                            : Durability::none;
  options.most_flush = random.pick<Span>(std::array<Span, 3>{500us, 5ms, 20ms});
  options.stall_permille = std::max(options.stall_permille, 1u);
  options.most_stall = std::max(options.most_stall, Span{1s});
  DiskOptions& disk = options.disk.emplace();
  disk.mean_life = random.pick<Span>(std::array<Span, 3>{500ms, 2s, 6s});
  disk.most_down = random.pick<Span>(std::array<Span, 3>{1ms, 100ms, 1500ms});
  disk.power_permille = random.pick<std::uint32_t>(std::array{0u, 500u, 900u});
  disk.clean_permille = random.pick<std::uint32_t>(std::array{0u, 100u, 400u});
  disk.step_permille = random.pick<std::uint32_t>(std::array{0u, 400u, 800u});
  disk.sync_error_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 300u});
  disk.damage_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 300u});
  disk.full_permille = random.pick<std::uint32_t>(std::array{0u, 0u, 500u});
  disk.most_filling = random.pick<std::size_t>(std::array<std::size_t, 3>{0, 4'096, 65'536});
  disk.snapshot_after =
      random.pick<std::uint64_t>(std::array<std::uint64_t, 3>{2'000, 20'000, 1u << 30});
  return options;
}

std::string to_text(const DiskOptions& options) {
  std::ostringstream out;
  auto ms = [](Span span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  };
  out << "\n  disk: mean_life_ms=" << ms(options.mean_life)
      << " most_down_ms=" << ms(options.most_down) << " power_permille=" << options.power_permille
      << " clean_permille=" << options.clean_permille << " step_permille=" << options.step_permille
      << " sync_error_permille=" << options.sync_error_permille
      << " damage_permille=" << options.damage_permille
      << " full_permille=" << options.full_permille << " most_filling=" << options.most_filling
      << " snapshot_after=" << options.snapshot_after;
  return out.str();
}

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
//
// Hand-over of one lock: the holder unlocks, the first in the queue is granted, and whoever
// unlocked waits at the end again.
#include <deque>
#include <variant>

#include "table.hpp"

namespace pawl::bench {
namespace {

constexpr std::string_view name = "jobs/number-00000042";
constexpr Names only{&name, 1};

Token granted_next(const Table& table) {
  for (const locks::Change& change : table.effects().changes) {
    const auto* granted = std::get_if<locks::change::Granted>(&change);
    if (granted != nullptr) return table.table().acquisition(granted->acquisition).token();
  }
  std::abort();
}

// Argument: how many wait.
void hand_over_leased(benchmark::State& state) {
  Table table;
  Token token = table.grant(only);
  for (std::int64_t i = 0; i < state.range(0); ++i) table.enqueue(only);
  for (auto _ : state) {
    table.unlock(only, token);
    token = granted_next(table);
    table.enqueue(only);
  }
}

// The same, each in a session of its own: who waits may be part of a deadlock, which is looked for.
void hand_over_in_sessions(benchmark::State& state) {
  Table table;
  std::deque<SessionId> line;  // the holder, then who waits
  Token token;
  for (std::int64_t i = 0; i <= state.range(0); ++i) {
    table.open_session();
    line.push_back(table.session());
    if (i == 0) {
      token = table.grant(only);
    } else {
      table.enqueue(only);
    }
  }
  for (auto _ : state) {
    table.use(line.front());
    table.unlock(only, token);
    token = granted_next(table);
    table.enqueue(only);
    line.push_back(line.front());
    line.pop_front();
  }
}

BENCHMARK(hand_over_leased)->Arg(1)->Arg(64)->Arg(10'000);
BENCHMARK(hand_over_in_sessions)->Arg(1)->Arg(64)->Arg(10'000);

}  // namespace
}  // namespace pawl::bench

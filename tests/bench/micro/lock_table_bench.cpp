// SPDX-License-Identifier: Apache-2.0
//
// LOCK and UNLOCK of names that nobody else holds or awaits. Each pair takes another name, so that
// the table is not in the cache by courtesy of the benchmark.
#include <array>
#include <vector>

#include "table.hpp"

namespace pawl::bench {
namespace {

constexpr std::uint64_t first_free = 10'000'000;  // none that Table::hold takes
constexpr std::uint64_t different = 1'000'000;

void pairs(benchmark::State& state, Table& table) {
  NumberedNames names;
  std::uint64_t count = 0;
  for (auto _ : state) {
    const std::string_view name = names.at(first_free + count++ % different);
    table.unlock({&name, 1}, table.grant({&name, 1}));
  }
}

// Argument: how many locks are held meanwhile.
void leased_pair(benchmark::State& state) {
  Table table;
  table.hold(state.range(0));
  pairs(state, table);
}

void session_pair(benchmark::State& state) {
  Table table;
  table.hold(state.range(0));
  table.open_session();
  pairs(state, table);
}

void pair_of_64_names(benchmark::State& state) {
  Table table;
  table.hold(state.range(0));
  std::array<NumberedNames, 64> texts;
  std::array<std::string_view, 64> names;
  std::uint64_t count = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      names[i] = texts[i].at(first_free + count++ % different);
    }
    table.unlock(names, table.grant(names));
  }
  state.SetItemsProcessed(state.iterations() * 64);
}

// Argument: how many are held; each time the one held longest is given back and taken again, as if
// holders came and went.
void oldest_of_many(benchmark::State& state) {
  const auto held = static_cast<std::uint64_t>(state.range(0));
  Table table;
  NumberedNames names;
  std::vector<Token> tokens;
  for (std::uint64_t i = 0; i < held; ++i) {
    const std::string_view name = names.at(i);
    tokens.push_back(table.grant({&name, 1}));
  }
  std::uint64_t oldest = 0;
  for (auto _ : state) {
    const std::string_view name = names.at(oldest);
    table.unlock({&name, 1}, tokens[oldest]);
    tokens[oldest] = table.grant({&name, 1});
    oldest = (oldest + 1) % held;
  }
}

BENCHMARK(leased_pair)->Arg(10)->Arg(1'000'000);
BENCHMARK(session_pair)->Arg(10)->Arg(1'000'000);
BENCHMARK(oldest_of_many)->Arg(10)->Arg(1'000'000);
BENCHMARK(pair_of_64_names)->Arg(10)->Arg(1'000'000);

}  // namespace
}  // namespace pawl::bench

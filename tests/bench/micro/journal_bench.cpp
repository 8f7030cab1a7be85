// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "journal/batch_writer.hpp"
#include "journal/checksum.hpp"

namespace pawl::bench {
namespace {

constexpr std::uint64_t salt = 4711;

// Argument: how many records, of the size of a LOCK of one name.
void write_batch(benchmark::State& state) {
  const std::string payload(56, 'x');
  journal::BatchWriter writer;
  journal::LogEnd end;
  std::uint64_t index = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    for (std::int64_t i = 0; i < state.range(0); ++i) {
      writer.add(Epoch{1}, {journal::RecordKind::entry, Epoch{1}, LogIndex{++index},
                            journal::bytes_of(payload)});
    }
    bytes = writer.seal(salt, end.sequence, end).size();
    writer.clear();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

// Argument: bytes.
void checksum(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  for (auto _ : state) benchmark::DoNotOptimize(journal::checksum(bytes, salt));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void scramble(benchmark::State& state) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  for (auto _ : state) {
    journal::scramble_body(bytes, salt, journal::BatchSequence{1}, 0);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK(write_batch)->Arg(1)->Arg(32)->Arg(128)->Arg(1'024);
BENCHMARK(checksum)->Arg(512)->Arg(16 << 10)->Arg(1 << 20);
BENCHMARK(scramble)->Arg(512)->Arg(16 << 10)->Arg(1 << 20);

}  // namespace
}  // namespace pawl::bench

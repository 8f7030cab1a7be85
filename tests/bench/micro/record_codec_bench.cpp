// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "locks/record_codec.hpp"

namespace pawl::bench {
namespace {

constexpr std::string_view name = "jobs/number-00000042";
const std::vector<std::string_view> one_name{name};
const std::vector<std::string_view> names_64(64, name);

locks::Record lock_of(Names names) {
  return locks::record::Lock{.names = names,
                             .ttl_ms = 30'000,
                             .address = "127.0.0.1:40112",
                             .stamp_ms = 1'795'000'000'000};
}

locks::Record unlock_of(Names names) {
  return locks::record::Unlock{.names = names, .token = Token{123'456'789}};
}

void encode(benchmark::State& state, const locks::Record& record) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    locks::encode_record(out, record);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

void decode(benchmark::State& state, const locks::Record& record) {
  std::string bytes;
  locks::encode_record(bytes, record);
  locks::RecordDecoder decoder;
  if (!decoder.decode(bytes)) state.SkipWithError("these are not the bytes of a record");
  for (auto _ : state) benchmark::DoNotOptimize(decoder.decode(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

BENCHMARK_CAPTURE(encode, lock, lock_of(one_name));
BENCHMARK_CAPTURE(encode, unlock, unlock_of(one_name));
BENCHMARK_CAPTURE(encode, lock_of_64_names, lock_of(names_64));
BENCHMARK_CAPTURE(decode, lock, lock_of(one_name));
BENCHMARK_CAPTURE(decode, unlock, unlock_of(one_name));
BENCHMARK_CAPTURE(decode, lock_of_64_names, lock_of(names_64));

}  // namespace
}  // namespace pawl::bench

// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <string>

#include "wire/reply.hpp"

namespace pawl::bench {
namespace {

void format(benchmark::State& state, const std::string& tag, const ReplyBody& body) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::format_reply(out, tag, body);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}

void format_lost_lock(benchmark::State& state) {
  const EventBody lost = event::LostLock{"jobs/number-00000042", Token{123'456'789}};
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::format_event(out, lost);
    benchmark::DoNotOptimize(out.data());
  }
}

reply::Show show_of_100_waiters() {
  reply::Show show;
  show.name = "jobs/number-00000042";
  show.waiters_total = 100;
  reply::Waiter waiter;
  waiter.client = "worker";
  waiter.address = "127.0.0.1:40112";
  for (waiter.position = 1; waiter.position <= 100; ++waiter.position) {
    show.waiters.push_back(waiter);
  }
  return show;
}

const reply::Granted granted{Token{123'456'789}, Milliseconds{30'000}};

BENCHMARK_CAPTURE(format, done, "", reply::Done{});
BENCHMARK_CAPTURE(format, granted, "", granted);
BENCHMARK_CAPTURE(format, granted_with_tag, "7", granted);
BENCHMARK_CAPTURE(format, lasting, "", reply::Lasting{Milliseconds{30'000}});
BENCHMARK_CAPTURE(format, busy, "",
                  reply::Error{
                      .code = ErrorCode::busy, .waiters = 3, .expires_in = Milliseconds{12'345}});
BENCHMARK_CAPTURE(format, show_of_100_waiters, "", show_of_100_waiters());
BENCHMARK(format_lost_lock);

}  // namespace
}  // namespace pawl::bench

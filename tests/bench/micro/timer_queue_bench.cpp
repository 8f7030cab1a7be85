// SPDX-License-Identifier: Apache-2.0
//
// The argument is the number of slots that have a deadline meanwhile.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "journal/checksum.hpp"
#include "node/timer_queue.hpp"

namespace pawl::bench {
namespace {

constexpr Moment start{std::chrono::hours{1}};
constexpr Span lease = std::chrono::seconds{30};

// Deadlines in no order, within one lease.
Moment scattered(Slot slot) {
  return start + Span{journal::mix(slot) % static_cast<std::uint64_t>(lease.count())};
}

void fill(node::TimerQueue& queue, Slot count) {
  for (Slot slot = 0; slot < count; ++slot) queue.set(slot, scattered(slot));
}

Slot count_of(const benchmark::State& state) { return static_cast<Slot>(state.range(0)); }

void renew(benchmark::State& state) {
  node::TimerQueue queue;
  fill(queue, count_of(state));
  Slot slot = 0;
  for (auto _ : state) {
    queue.set(slot, start + lease * 2);
    slot = slot + 1 == count_of(state) ? 0 : slot + 1;
  }
}

// A grant that is given back before its lease ends, again and again in one slot.
void set_and_clear(benchmark::State& state) {
  node::TimerQueue queue;
  fill(queue, count_of(state));
  Moment now = start;
  for (auto _ : state) {
    now += Span{1};
    queue.set(count_of(state), now + lease);
    queue.clear(count_of(state));
  }
}

// Each comes due and is set anew, a lease later.
void pop_and_set(benchmark::State& state) {
  node::TimerQueue queue;
  fill(queue, count_of(state));
  for (auto _ : state) {
    const Moment due = queue.next();
    const Slot slot = queue.pop_due(due);
    if (slot == no_slot) std::abort();
    queue.set(slot, due + lease);
  }
}

// All come due at the same moment: the cost of each.
void mass_expiry(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    node::TimerQueue queue;
    for (Slot slot = 0; slot < count_of(state); ++slot) queue.set(slot, start + lease);
    state.ResumeTiming();
    while (queue.pop_due(start + lease) != no_slot) {
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK(renew)->Arg(10)->Arg(1'000'000);
BENCHMARK(set_and_clear)->Arg(10)->Arg(1'000'000);
BENCHMARK(pop_and_set)->Arg(10)->Arg(1'000'000);
BENCHMARK(mass_expiry)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pawl::bench

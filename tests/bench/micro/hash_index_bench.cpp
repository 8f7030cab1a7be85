// SPDX-License-Identifier: Apache-2.0
//
// The argument is the number of values in the index.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "base/hash.hpp"
#include "base/hash_index.hpp"
#include "journal/checksum.hpp"
#include "names.hpp"

namespace pawl::bench {
namespace {

struct Value {
  std::uint32_t hash = 0;
  Slot hash_next = no_slot;
  std::uint64_t number = 0;
};

// As good as that of a name: neighbours in number are none in the index.
std::uint32_t hash_of(std::uint64_t number) {
  return static_cast<std::uint32_t>(journal::mix(number));
}

class Filled {
 public:
  explicit Filled(std::int64_t count) : count_(static_cast<std::uint64_t>(count)) {
    for (std::uint64_t number = 0; number < count_; ++number) insert(number);
  }

  Slot insert(std::uint64_t number) {
    const Slot slot = values_.allocate();
    values_[slot].number = number;
    index_.insert(slot, hash_of(number));
    return slot;
  }
  void erase(Slot slot) {
    index_.erase(slot);
    values_.release(slot);
  }
  [[nodiscard]] Slot find(std::uint64_t number) const {
    return index_.find(hash_of(number),
                       [number](const Value& value) { return value.number == number; });
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_;
  Slab<Value> values_;
  HashIndex<Value, &Value::hash, &Value::hash_next> index_{values_};
};

void hash_name(benchmark::State& state) {
  const std::string name{NumberedNames{}.at(42)};
  for (auto _ : state) {
    std::string_view text = name;
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(hash_text(text, 4711));
  }
}

void find(benchmark::State& state) {
  const Filled values(state.range(0));
  std::uint64_t drawn = 0;
  for (auto _ : state) {
    drawn = journal::mix(drawn);
    if (values.find(drawn % values.count()) == no_slot) std::abort();
  }
}

void find_nothing(benchmark::State& state) {
  const Filled values(state.range(0));
  std::uint64_t number = values.count();
  for (auto _ : state) {
    if (values.find(number++) != no_slot) std::abort();
  }
}

void insert_and_erase(benchmark::State& state) {
  Filled values(state.range(0));
  std::uint64_t number = values.count();
  for (auto _ : state) values.erase(values.insert(number++));
}

BENCHMARK(hash_name);
BENCHMARK(find)->Arg(10)->Arg(1'000'000);
BENCHMARK(find_nothing)->Arg(10)->Arg(1'000'000);
BENCHMARK(insert_and_erase)->Arg(10)->Arg(1'000'000);

}  // namespace
}  // namespace pawl::bench

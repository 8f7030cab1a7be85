// SPDX-License-Identifier: Apache-2.0
#include "base/slab.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace pawl {
namespace {

TEST_CASE("a slab gives slots from 0 upwards") {
  Slab<int> slab;

  CHECK(slab.allocate() == 0);
  CHECK(slab.allocate() == 1);
  CHECK(slab.size() == 2);
  CHECK(slab.end() == 2);
}

TEST_CASE("a released slot is used again, the last released first, and is empty then") {
  Slab<std::string> slab;
  for (int i = 0; i < 3; ++i) slab[slab.allocate()] = "used";

  slab.release(0);
  slab.release(2);

  CHECK(slab.size() == 1);
  CHECK(slab.allocate() == 2);
  CHECK(slab.allocate() == 0);
  CHECK(slab[2].empty());
  CHECK(slab.end() == 3);
}

TEST_CASE("a value never moves while its slab grows") {
  Slab<int> slab;
  Slot first = slab.allocate();
  slab[first] = 42;
  const int* where = &slab[first];

  for (int i = 0; i < 10'000; ++i) static_cast<void>(slab.allocate());

  CHECK(&slab[first] == where);
  CHECK(*where == 42);
}

TEST_CASE("memory follows the values in use, up and down") {
  Slab<std::uint64_t> slab;
  CHECK(slab.memory() == 0);

  Slot slot = slab.allocate();
  CHECK(slab.memory() == sizeof(std::uint64_t));

  slab.release(slot);
  CHECK(slab.memory() == 0);
}

TEST_CASE("the same calls give the same slots, and no two live values share one") {
  Slab<std::uint64_t> one;
  Slab<std::uint64_t> other;
  std::map<Slot, std::uint64_t> live;
  std::mt19937_64 random{1};

  for (std::uint64_t step = 1; step <= 50'000; ++step) {
    bool grow = live.empty() || random() % 100 < (step < 30'000 ? 60 : 30);
    if (grow) {
      Slot slot = one.allocate();
      REQUIRE(other.allocate() == slot);
      REQUIRE(live.emplace(slot, step).second);
      REQUIRE(one[slot] == 0);
      one[slot] = step;
    } else {
      auto at = live.lower_bound(static_cast<Slot>(random() % one.end()));
      if (at == live.end()) at = live.begin();
      REQUIRE(one[at->first] == at->second);
      one.release(at->first);
      other.release(at->first);
      live.erase(at);
    }
    REQUIRE(one.size() == live.size());
  }
}

}  // namespace
}  // namespace pawl

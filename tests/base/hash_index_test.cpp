// SPDX-License-Identifier: Apache-2.0
#include "base/hash_index.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "base/hash.hpp"

namespace pawl {
namespace {

struct Value {
  std::uint32_t hash = 0;
  Slot next = no_slot;
  std::uint64_t key = 0;
};

// The index with its values, and the same in a std::map.
class Indexed {
 public:
  using Hash = std::uint32_t (*)(std::uint64_t);
  explicit Indexed(Hash hash) : hash_(hash) {}

  void insert(std::uint64_t key) {
    Slot slot = values_.allocate();
    values_[slot].key = key;
    index_.insert(slot, hash_(key));
    expected_[key] = slot;
  }
  void erase(std::uint64_t key) {
    auto at = expected_.find(key);
    index_.erase(at->second);
    values_.release(at->second);
    expected_.erase(at);
  }
  [[nodiscard]] Slot find(std::uint64_t key) const {
    return index_.find(hash_(key), [&](const Value& value) { return value.key == key; });
  }
  [[nodiscard]] bool contains(std::uint64_t key) const { return expected_.contains(key); }
  [[nodiscard]] std::size_t size() const { return expected_.size(); }
  [[nodiscard]] std::uint64_t some_key(std::uint64_t near) const {
    auto at = expected_.lower_bound(near);
    return at == expected_.end() ? expected_.begin()->first : at->first;
  }
  // True if every key is found where it was put.
  [[nodiscard]] bool is_complete() const {
    for (const auto& [key, slot] : expected_) {
      if (find(key) != slot) return false;
    }
    return true;
  }

 private:
  Hash hash_;
  Slab<Value> values_;
  HashIndex<Value, &Value::hash, &Value::next> index_{values_};
  std::map<std::uint64_t, Slot> expected_;
};

std::uint32_t well_spread(std::uint64_t key) { return hash_number(key, 7); }
std::uint32_t only_high_bits(std::uint64_t key) { return static_cast<std::uint32_t>(key << 20); }
std::uint32_t all_the_same(std::uint64_t) { return 5; }

TEST_CASE("an empty index finds nothing") {
  Indexed indexed{well_spread};

  CHECK(indexed.find(1) == no_slot);
}

TEST_CASE("an index loses no value while it grows and shrinks by tens of thousands") {
  Indexed indexed{well_spread};
  std::mt19937_64 random{2};
  constexpr std::uint64_t keys = 100'000;

  for (int wave = 0; wave < 3; ++wave) {
    for (bool grows : {true, false}) {
      for (int step = 0; step < 60'000; ++step) {
        std::uint64_t key = random() % keys;
        bool insert = indexed.size() == 0 || random() % 100 < (grows ? 90 : 10);
        if (insert && !indexed.contains(key)) indexed.insert(key);
        if (!insert) indexed.erase(indexed.some_key(key));
        REQUIRE((indexed.find(key) != no_slot) == indexed.contains(key));
        if (step % 5'000 == 0) REQUIRE(indexed.is_complete());
      }
      REQUIRE(indexed.is_complete());
      REQUIRE((grows ? indexed.size() > 30'000 : indexed.size() < 20'000));
    }
  }
}

TEST_CASE("an emptied index is as good as new") {
  Indexed indexed{well_spread};
  for (int round = 0; round < 2; ++round) {
    for (std::uint64_t key = 0; key < 20'000; ++key) indexed.insert(key);
    REQUIRE(indexed.is_complete());

    for (std::uint64_t key = 0; key < 20'000; ++key) {
      indexed.erase(key);
      REQUIRE(indexed.find(key) == no_slot);
      if (key % 1'000 == 0) REQUIRE(indexed.is_complete());
    }
  }
}

TEST_CASE("growth around a power of two loses nothing") {
  Indexed indexed{well_spread};
  for (std::uint64_t key = 0; key < 2'100; ++key) {
    indexed.insert(key);
    if (key < 70 || (key > 1'020 && key < 1'030) || key > 2'040) REQUIRE(indexed.is_complete());
  }
}

TEST_CASE("values are told apart though their hashes collide") {
  for (Indexed::Hash hash : {only_high_bits, all_the_same}) {
    Indexed indexed{hash};
    for (std::uint64_t key = 0; key < 500; ++key) indexed.insert(key);
    for (std::uint64_t key = 0; key < 500; key += 2) indexed.erase(key);

    CHECK(indexed.is_complete());
    CHECK(indexed.find(2) == no_slot);
    CHECK(indexed.find(3) != no_slot);
  }
}

TEST_CASE("a hash depends on the seed") {
  CHECK(hash_text("jobs/nightly", 1) == hash_text("jobs/nightly", 1));
  CHECK(hash_text("jobs/nightly", 1) != hash_text("jobs/nightly", 2));
  CHECK(hash_number(17, 1) != hash_number(17, 2));
}

}  // namespace
}  // namespace pawl

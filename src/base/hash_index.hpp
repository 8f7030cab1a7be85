// SPDX-License-Identifier: Apache-2.0
//
// A hash index over the values of a slab, chained through the values themselves. It grows and
// shrinks one bucket at a time (linear hashing, Litwin 1980): no rehash ever stalls the loop. Its
// order is nobody's to see.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/slab.hpp"

namespace pawl {

template <class T, std::uint32_t T::*Hash, Slot T::*Next>
class HashIndex {
 public:
  explicit HashIndex(Slab<T>& values) : values_(values) { add_bucket(); }
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  template <class Same>
  [[nodiscard]] Slot find(std::uint32_t hash, Same same) const {
    for (Slot slot = bucket(bucket_of(hash)); slot != no_slot; slot = values_[slot].*Next) {
      const T& value = values_[slot];
      if (value.*Hash == hash && same(value)) return slot;
    }
    return no_slot;
  }

  void insert(Slot slot, std::uint32_t hash) {
    values_[slot].*Hash = hash;
    push(bucket_of(hash), slot);
    if (++size_ > count_) split();
  }

  void erase(Slot slot) {
    Slot* link = &bucket(bucket_of(values_[slot].*Hash));
    while (*link != slot) {
      ensure(*link != no_slot);
      link = &(values_[*link].*Next);
    }
    *link = values_[slot].*Next;
    values_[slot].*Next = no_slot;
    --size_;
    if (count_ > bucket_chunk && size_ < count_ / 4) merge();
  }

 private:
  static constexpr std::uint32_t bucket_chunk = 1024;
  using Buckets = std::array<Slot, bucket_chunk>;

  [[nodiscard]] std::uint32_t bucket_of(std::uint32_t hash) const {
    std::uint32_t base = std::bit_floor(count_);
    std::uint32_t wide = hash & (2 * base - 1);
    return wide < count_ ? wide : hash & (base - 1);
  }
  [[nodiscard]] Slot& bucket(std::uint32_t at) {
    return (*chunks_[at / bucket_chunk])[at % bucket_chunk];
  }
  [[nodiscard]] Slot bucket(std::uint32_t at) const {
    return (*chunks_[at / bucket_chunk])[at % bucket_chunk];
  }
  void push(std::uint32_t at, Slot slot) {
    values_[slot].*Next = bucket(at);
    bucket(at) = slot;
  }
  void add_bucket() {
    if (count_ % bucket_chunk == 0 && count_ / bucket_chunk == chunks_.size()) {
      chunks_.push_back(std::make_unique<Buckets>());
    }
    bucket(count_++) = no_slot;
  }
  void rehash(std::uint32_t at) {
    Slot slot = bucket(at);
    bucket(at) = no_slot;
    while (slot != no_slot) {
      Slot next = values_[slot].*Next;
      push(bucket_of(values_[slot].*Hash), slot);
      slot = next;
    }
  }
  void split() {
    std::uint32_t source = count_ - std::bit_floor(count_);
    add_bucket();
    rehash(source);
  }
  void merge() {
    std::uint32_t last = --count_;
    rehash_from(last);
    if (last % bucket_chunk == 0 && chunks_.size() > last / bucket_chunk + 1) chunks_.pop_back();
  }
  void rehash_from(std::uint32_t last) {
    Slot slot = bucket(last);
    while (slot != no_slot) {
      Slot next = values_[slot].*Next;
      push(bucket_of(values_[slot].*Hash), slot);
      slot = next;
    }
  }

  Slab<T>& values_;
  std::vector<std::unique_ptr<Buckets>> chunks_;
  std::uint32_t count_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace pawl

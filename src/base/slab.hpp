// SPDX-License-Identifier: Apache-2.0
//
// Values in numbered slots. Grows by chunks, so nothing ever moves and no growth stalls the loop; a
// released slot is reset and used again, the last released first: the same calls give the same
// slots.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ensure.hpp"

namespace pawl {

using Slot = std::uint32_t;
inline constexpr Slot no_slot = 0xFFFF'FFFF;

template <class T>
class Slab {
 public:
  [[nodiscard]] Slot allocate() {
    ++size_;
    if (!free_.empty()) {
      Slot slot = free_.back();
      free_.pop_back();
      return slot;
    }
    if (end_ % chunk_size == 0) chunks_.push_back(std::make_unique<Chunk>());
    return end_++;
  }

  void release(Slot slot) {
    (*this)[slot] = T{};
    free_.push_back(slot);
    --size_;
  }

  T& operator[](Slot slot) {
    ensure(slot < end_);
    return (*chunks_[slot / chunk_size])[slot % chunk_size];
  }
  const T& operator[](Slot slot) const {
    ensure(slot < end_);
    return (*chunks_[slot / chunk_size])[slot % chunk_size];
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  // One past the highest slot ever used: what a scan must cover.
  [[nodiscard]] Slot end() const { return end_; }
  [[nodiscard]] std::size_t memory() const { return size_ * sizeof(T); }

 private:
  static constexpr Slot chunk_size = 1024;
  using Chunk = std::array<T, chunk_size>;

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<Slot> free_;
  std::size_t size_ = 0;
  Slot end_ = 0;
};

}  // namespace pawl

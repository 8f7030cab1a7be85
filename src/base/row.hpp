// SPDX-License-Identifier: Apache-2.0
//
// Values by number, from 0 on. Grows by chunks at its end: nothing ever moves, and no growth stalls
// the loop.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/ensure.hpp"

namespace pawl {

template <class T>
class Row {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::size_t at) {
    ensure(at < size_);
    return (*chunks_[at / chunk_size])[at % chunk_size];
  }
  [[nodiscard]] const T& operator[](std::size_t at) const {
    ensure(at < size_);
    return (*chunks_[at / chunk_size])[at % chunk_size];
  }

  // So that `at` is there; what is new on the way there has this value.
  void reach(std::size_t at, const T& value = T{}) {
    for (; size_ <= at; ++size_) {
      if (size_ % chunk_size == 0) chunks_.push_back(std::make_unique<Chunk>());
      (*chunks_.back())[size_ % chunk_size] = value;
    }
  }
  void clear() {
    chunks_.clear();
    size_ = 0;
  }

 private:
  static constexpr std::size_t chunk_size = 1024;
  using Chunk = std::array<T, chunk_size>;

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace pawl

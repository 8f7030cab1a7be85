// SPDX-License-Identifier: Apache-2.0
//
// The requests of one connection that are not answered yet, in the order sent, which is the order
// of their replies. A ring that grows when it must: no allocation once warm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "cli/bench/tally.hpp"

namespace pawl::cli::bench {

enum class What : std::uint8_t {
  auth,
  lock,
  unlock,
  renew,
  keepalive,
  open,
  close,
  fill,
  empty,
  status
};

struct Asked {
  What what = What::lock;
  std::uint32_t slot = 0;  // whose, in the words of the driver that asks
  Time sent{};
};

class AskedQueue {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const Asked& front() const { return ring_[first_]; }

  void push(const Asked& asked) {
    if (size_ == ring_.size()) grow();
    ring_[(first_ + size_++) & (ring_.size() - 1)] = asked;
  }
  void pop() {
    first_ = (first_ + 1) & (ring_.size() - 1);
    --size_;
  }
  void clear() { size_ = 0; }

 private:
  void grow() {
    std::vector<Asked> greater(ring_.empty() ? 4 : 2 * ring_.size());
    for (std::size_t i = 0; i < size_; ++i) greater[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_ = std::move(greater);
    first_ = 0;
  }

  std::vector<Asked> ring_;  // a power of two
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace pawl::cli::bench

// SPDX-License-Identifier: Apache-2.0
//
// Memory for the wait operations of sockets: blocks of one size, reused, so that waiting for the
// next request allocates nothing once warm. Asio's own cache does not outlive a single poll_one.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace pawl::server {

class HandlerMemory {
 public:
  static constexpr std::size_t block_size = 160;

  void* allocate(std::size_t size) {
    if (size > block_size) return ::operator new(size);
    if (free_.empty()) return ::operator new(block_size);
    void* block = free_.back().release();
    free_.pop_back();
    return block;
  }

  void deallocate(void* block, std::size_t size) {
    if (size > block_size || free_.size() == most_free) {
      ::operator delete(block);
    } else {
      free_.emplace_back(block);
    }
  }

 private:
  static constexpr std::size_t most_free = 4'096;
  struct Release {
    void operator()(void* block) const { ::operator delete(block); }
  };
  std::vector<std::unique_ptr<void, Release>> free_;
};

template <class Value>
class HandlerAllocator {
 public:
  using value_type = Value;

  explicit HandlerAllocator(HandlerMemory& memory) : memory_(&memory) {}
  template <class Other>
  HandlerAllocator(const HandlerAllocator<Other>& other) : memory_(other.memory_) {}

  Value* allocate(std::size_t count) {
    return static_cast<Value*>(memory_->allocate(sizeof(Value) * count));
  }
  void deallocate(Value* block, std::size_t count) {
    memory_->deallocate(block, sizeof(Value) * count);
  }
  template <class Other>
  bool operator==(const HandlerAllocator<Other>& other) const {
    return memory_ == other.memory_;
  }

 private:
  template <class>
  friend class HandlerAllocator;
  HandlerMemory* memory_;
};

}  // namespace pawl::server

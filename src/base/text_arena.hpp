// SPDX-License-Identifier: Apache-2.0
//
// Short texts (up to 255 bytes) in blocks, addressed by 32 bits; freed room serves the next text of
// its size. A lock's name costs its length rounded up to 4 bytes and nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "base/ensure.hpp"

namespace pawl {

class TextArena {
 public:
  using Reference = std::uint32_t;

  [[nodiscard]] Reference store(std::string_view text) {
    ensure(text.size() <= 255);
    std::uint32_t units = units_for(text.size());
    Reference at = take(units);
    std::memcpy(address(at), text.data(), text.size());
    memory_ += std::size_t{units} * unit;
    return at;
  }

  void release(Reference at, std::size_t size) {
    std::uint32_t units = units_for(size);
    std::memcpy(address(at), &free_[units], sizeof(Reference));
    free_[units] = at;
    memory_ -= std::size_t{units} * unit;
  }

  [[nodiscard]] std::string_view view(Reference at, std::size_t size) const {
    return {address(at), size};
  }

  [[nodiscard]] std::size_t memory() const { return memory_; }

 private:
  static constexpr std::uint32_t unit = 4;
  static constexpr std::uint32_t block_units = 16'384;
  static constexpr std::size_t sizes = 255 / unit + 2;  // in units, none of 0
  static constexpr Reference nothing = 0xFFFF'FFFF;
  using Block = std::array<char, std::size_t{block_units} * unit>;

  static std::uint32_t units_for(std::size_t size) {
    auto units = static_cast<std::uint32_t>((size + unit - 1) / unit);
    return units == 0 ? 1 : units;
  }
  [[nodiscard]] char* address(Reference at) const {
    return blocks_[at / block_units]->data() + std::size_t{at % block_units} * unit;
  }
  Reference take(std::uint32_t units) {
    if (free_[units] != nothing) {
      Reference at = free_[units];
      std::memcpy(&free_[units], address(at), sizeof(Reference));
      return at;
    }
    if (blocks_.empty() || used_ + units > block_units) {
      blocks_.push_back(std::make_unique<Block>());
      used_ = 0;
    }
    auto at = static_cast<Reference>((blocks_.size() - 1) * block_units + used_);
    used_ += units;
    return at;
  }
  static constexpr std::array<Reference, sizes> none() {
    std::array<Reference, sizes> all{};
    all.fill(nothing);
    return all;
  }

  std::vector<std::unique_ptr<Block>> blocks_;
  std::array<Reference, sizes> free_ = none();
  std::uint32_t used_ = 0;
  std::size_t memory_ = 0;
};

}  // namespace pawl

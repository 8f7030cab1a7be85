// SPDX-License-Identifier: Apache-2.0
//
// Storage of strings that nobody uses now, so that an idle connection owns none and a busy one
// allocates none.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace pawl::server {

class SpareBuffers {
 public:
  [[nodiscard]] std::string take() {
    if (spares_.empty()) {
      std::string fresh;
      fresh.reserve(usual);
      return fresh;
    }
    std::string spare = std::move(spares_.back());
    spares_.pop_back();
    return spare;
  }

  void give(std::string&& buffer) {
    if (buffer.capacity() < usual || buffer.capacity() > largest || spares_.size() == most) return;
    buffer.clear();
    spares_.push_back(std::move(buffer));
  }

 private:
  static constexpr std::size_t usual = 512;
  static constexpr std::size_t largest = 65'536;
  static constexpr std::size_t most = 256;
  std::vector<std::string> spares_;
};

}  // namespace pawl::server

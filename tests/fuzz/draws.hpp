// SPDX-License-Identifier: Apache-2.0
//
// Decisions drawn from a fuzzer's bytes, one after the other. Behind their end all are the first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl::fuzz {

class Draws {
 public:
  Draws(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  // A byte's worth: `count` is 256 at most.
  std::size_t below(std::size_t count) { return byte() % count; }
  bool one_in(std::size_t count) { return below(count) == 1; }
  template <class Choices>
  auto pick(const Choices& choices) {
    return choices[below(std::size(choices))];
  }
  // Of the bytes themselves.
  std::string_view text(std::size_t most) {
    const std::string_view text = rest_.substr(0, std::min(below(256), most));
    rest_.remove_prefix(text.size());
    return text;
  }
  std::string_view rest() {
    const std::string_view all = rest_;
    rest_ = {};
    return all;
  }

 private:
  std::string_view rest_;
};

}  // namespace pawl::fuzz

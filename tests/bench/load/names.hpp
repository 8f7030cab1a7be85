// SPDX-License-Identifier: Apache-2.0
//
// Many names of one length, made beforehand so that none is made while it is measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::bench {

inline constexpr std::size_t name_length = 20;

// The number in decimal, right-aligned over what stands there.
inline void write_number(char* end, std::size_t digits, std::uint64_t number) {
  for (; digits > 0; --digits, number /= 10) *--end = static_cast<char>('0' + number % 10);
}

class Names {
 public:
  Names(std::string_view prefix, std::size_t count, std::size_t length = name_length)
      : length_(length), count_(count), text_(count * length, '0') {
    for (std::size_t i = 0; i < count; ++i) {
      char* begin = text_.data() + i * length;
      prefix.copy(begin, length);
      write_number(begin + length, length - prefix.size(), i);
    }
  }

  [[nodiscard]] std::size_t size() const { return count_; }
  std::string_view operator[](std::size_t i) const {
    return std::string_view(text_).substr(i * length_, length_);
  }

 private:
  std::size_t length_;
  std::size_t count_;
  std::string text_;
};

}  // namespace pawl::bench

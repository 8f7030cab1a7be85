// SPDX-License-Identifier: Apache-2.0
//
// Lock names of 20 bytes, written in place: the text of the next one is always in the cache, as
// that of a request just received is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::bench {

class NumberedNames {
 public:
  // "jobs/number-00000042"; valid until the next call.
  [[nodiscard]] std::string_view at(std::uint64_t number) {
    for (std::size_t place = text_.size(); place-- > text_.size() - digits; number /= 10) {
      text_[place] = static_cast<char>('0' + number % 10);
    }
    return text_;
  }

 private:
  static constexpr std::size_t digits = 8;
  std::string text_ = "jobs/number-" + std::string(digits, '0');
};

}  // namespace pawl::bench

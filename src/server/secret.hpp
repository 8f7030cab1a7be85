// SPDX-License-Identifier: Apache-2.0
//
// 128 bits of the kernel's randomness in hex: the secret of a session.
#pragma once

#include <array>
#include <string_view>

namespace pawl::server {

class Secret {
 public:
  Secret();
  [[nodiscard]] std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 32> text_{};
};

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
//
// Texts character by character, whatever their bytes are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl::cli {

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;  // in bytes
  bool valid = false;
};

// The first of a text that is not empty; what is not UTF-8 is one byte that is not valid.
[[nodiscard]] Character character_at(std::string_view text);

}  // namespace pawl::cli

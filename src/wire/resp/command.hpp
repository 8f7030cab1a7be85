// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a Redis client become commands: arrays of bulk strings, which view the bytes given.
// A command that has not come whole yet is read again from its beginning when more has: it is
// short.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pawl::wire::resp {

using Arguments = std::span<const std::string_view>;

inline constexpr std::size_t most_arguments = 1024;

enum class Progress : std::uint8_t {
  whole,    // `size` bytes were a command
  partial,  // more must come
  broken,   // not RESP: `problem` says why; nothing behind it can be trusted
};

struct Taken {
  Progress progress = Progress::partial;
  std::size_t size = 0;
  std::string_view problem;  // static text
};

// Reads the command at the start of `bytes` into `arguments`: none for `*0`, which asks nothing.
[[nodiscard]] Taken take_command(std::string_view bytes, std::vector<std::string_view>& arguments);

}  // namespace pawl::wire::resp

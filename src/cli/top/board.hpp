// SPDX-License-Identifier: Apache-2.0
//
// What the person at the terminal looks at: the last picture, what they have chosen in it, what
// they are typing. Changed by keys and by new pictures, drawn by view.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/top/keys.hpp"
#include "cli/top/picture.hpp"

namespace pawl::cli::top {

struct Board {
  std::optional<Picture> picture;
  Milliseconds age{0};  // of the picture
  Milliseconds interval{0};
  std::string trouble;                // why there is none newer; empty: all is well
  std::string prefix;                 // only these locks
  std::optional<std::string> typed;   // the prefix that is being typed
  std::size_t chosen = 0;             // of the picture's locks
  std::optional<std::string> opened;  // the lock whose queue is shown
  std::size_t scrolled = 0;           // lines of the queue
  bool is_paused = false;
};

// What is due after a key.
enum class Deed : std::uint8_t { none, look, quit };

[[nodiscard]] Deed on_key(Board& board, const Key& key);
// The lock that was chosen stays so, wherever it is now.
void take(Board& board, Picture picture);

}  // namespace pawl::cli::top

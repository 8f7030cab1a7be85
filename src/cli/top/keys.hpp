// SPDX-License-Identifier: Apache-2.0
//
// What a terminal sends, as keys. An ESC may be the key or the beginning of a longer one: only
// that nothing follows tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::cli::top {

struct Key {
  enum class Kind : std::uint8_t {
    character,
    up,
    down,
    page_up,
    page_down,
    home,
    end,
    enter,
    escape,
    erase
  };
  Kind kind = Kind::character;
  std::string text;  // of a character

  bool operator==(const Key&) const = default;
};

class KeyReader {
 public:
  [[nodiscard]] std::vector<Key> read(std::string_view bytes);
  [[nodiscard]] bool is_within_key() const { return !pending_.empty(); }
  // Nothing followed.
  [[nodiscard]] std::optional<Key> end();

 private:
  bool take_one(std::vector<Key>& keys);  // false: more bytes are needed
  bool take_sequence(std::vector<Key>& keys);

  std::string pending_;
};

}  // namespace pawl::cli::top

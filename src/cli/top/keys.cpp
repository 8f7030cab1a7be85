// SPDX-License-Identifier: Apache-2.0
#include "cli/top/keys.hpp"

#include <array>
#include <utility>

#include "cli/text/utf8.hpp"

namespace pawl::cli::top {
namespace {

constexpr char esc = '\x1b';
constexpr std::size_t longest_sequence = 16;

// Behind ESC [ or ESC O, as terminals have it since the VT100.
constexpr std::array<std::pair<std::string_view, Key::Kind>, 10> sequences{
    {{"A", Key::Kind::up},
     {"B", Key::Kind::down},
     {"H", Key::Kind::home},
     {"F", Key::Kind::end},
     {"1~", Key::Kind::home},
     {"4~", Key::Kind::end},
     {"5~", Key::Kind::page_up},
     {"6~", Key::Kind::page_down},
     {"7~", Key::Kind::home},
     {"8~", Key::Kind::end}}};

bool ends_sequence(char c) { return c >= '@' && c <= '~'; }

bool may_go_on(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
  return text.size() < size;
}

}  // namespace

std::vector<Key> KeyReader::read(std::string_view bytes) {
  pending_ += bytes;
  std::vector<Key> keys;
  while (!pending_.empty() && take_one(keys)) {
  }
  return keys;
}

std::optional<Key> KeyReader::end() {
  const bool was_escape = !pending_.empty() && pending_.front() == esc;
  pending_.clear();
  if (!was_escape) return std::nullopt;
  return Key{Key::Kind::escape, {}};
}

bool KeyReader::take_one(std::vector<Key>& keys) {
  const char first = pending_.front();
  if (first == esc) return take_sequence(keys);
  const Character character = character_at(pending_);
  if (!character.valid && may_go_on(pending_)) return false;
  if (first == '\r' || first == '\n') {
    keys.push_back({Key::Kind::enter, {}});
  } else if (first == '\x7f' || first == '\b') {
    keys.push_back({Key::Kind::erase, {}});
  } else if (character.valid && character.code >= ' ') {
    keys.push_back({Key::Kind::character, pending_.substr(0, character.size)});
  }
  pending_.erase(0, character.size);
  return true;
}

// A sequence that is not known does nothing, and is no text either.
bool KeyReader::take_sequence(std::vector<Key>& keys) {
  if (pending_.size() == 1) return false;
  if (pending_[1] != '[' && pending_[1] != 'O') {
    keys.push_back({Key::Kind::escape, {}});
    pending_.erase(0, 1);
    return true;
  }
  std::size_t last = 2;
  while (last < pending_.size() && !ends_sequence(pending_[last])) ++last;
  if (last == pending_.size() && last < longest_sequence) return false;
  const std::string found = pending_.substr(2, last - 1);
  for (const auto& [sequence, kind] : sequences) {
    if (found == sequence) keys.push_back({kind, {}});
  }
  pending_.erase(0, last + 1);
  return true;
}

}  // namespace pawl::cli::top

// SPDX-License-Identifier: Apache-2.0
#include "cli/top/board.hpp"

#include <algorithm>
#include <utility>

#include "wire/text.hpp"
#include "wire/values.hpp"

namespace pawl::cli::top {
namespace {

constexpr std::size_t page = 10;
constexpr std::size_t longest_prefix = 255;

std::size_t moved(std::size_t from, Key::Kind kind, std::size_t last) {
  switch (kind) {
    case Key::Kind::up: return from == 0 ? 0 : from - 1;
    case Key::Kind::down: return std::min(from + 1, last);
    case Key::Kind::page_up: return from < page ? 0 : from - page;
    case Key::Kind::page_down: return std::min(from + page, last);
    case Key::Kind::home: return 0;
    case Key::Kind::end: return last;
    case Key::Kind::character:
    case Key::Kind::enter:
    case Key::Kind::escape:
    case Key::Kind::erase: return from;
  }
  return from;
}

Key::Kind motion_of(const Key& key) {
  if (key.text == "k") return Key::Kind::up;
  if (key.text == "j") return Key::Kind::down;
  return key.kind;
}

std::size_t last_of(std::size_t count) { return count == 0 ? 0 : count - 1; }

void erase_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) {
    text.pop_back();
  }
  if (!text.empty()) text.pop_back();
}

Deed on_typing(Board& board, const Key& key) {
  std::string& typed = *board.typed;
  if (key.kind == Key::Kind::erase) erase_character(typed);
  if (key.kind == Key::Kind::escape) board.typed.reset();
  if (key.kind == Key::Kind::character && wire::has_name_characters(key.text) &&
      typed.size() + key.text.size() <= longest_prefix) {
    typed += key.text;
  }
  if (key.kind != Key::Kind::enter) return Deed::none;
  board.prefix = typed;
  board.typed.reset();
  board.chosen = 0;
  return Deed::look;
}

Deed on_character(Board& board, std::string_view text) {
  if (text == "q") return Deed::quit;
  if (text == "p") {
    board.is_paused = !board.is_paused;
    return board.is_paused ? Deed::none : Deed::look;
  }
  if (text == "/" && !board.opened) board.typed = board.prefix;
  return Deed::none;
}

Deed on_enter(Board& board) {
  if (board.opened || !board.picture || board.picture->locks.empty()) return Deed::none;
  board.opened = board.picture->locks[board.chosen].name;
  board.scrolled = 0;
  return Deed::look;
}

Deed on_escape(Board& board) {
  if (std::exchange(board.opened, std::nullopt)) {
    if (board.picture) board.picture->queue.clear();
    return Deed::none;
  }
  return std::exchange(board.prefix, {}).empty() ? Deed::none : Deed::look;
}

}  // namespace

Deed on_key(Board& board, const Key& key) {
  if (board.typed) return on_typing(board, key);
  const Key::Kind motion = motion_of(key);
  if (board.picture && board.opened) {
    board.scrolled = moved(board.scrolled, motion, last_of(board.picture->queue.size()));
  } else if (board.picture) {
    board.chosen = moved(board.chosen, motion, last_of(board.picture->locks.size()));
  }
  if (key.kind == Key::Kind::enter) return on_enter(board);
  if (key.kind == Key::Kind::escape) return on_escape(board);
  return key.kind == Key::Kind::character ? on_character(board, key.text) : Deed::none;
}

void take(Board& board, Picture picture) {
  std::string name;
  if (board.picture && board.chosen < board.picture->locks.size()) {
    name = board.picture->locks[board.chosen].name;
  }
  const auto& locks = picture.locks;
  const auto found = std::find_if(locks.begin(), locks.end(),
                                  [&](const LockLine& lock) { return lock.name == name; });
  board.chosen = found != locks.end() ? static_cast<std::size_t>(found - locks.begin())
                                      : std::min(board.chosen, last_of(locks.size()));
  board.scrolled = std::min(board.scrolled, last_of(picture.queue.size()));
  board.picture = std::move(picture);
  board.age = Milliseconds{0};
}

}  // namespace pawl::cli::top

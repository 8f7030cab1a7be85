// SPDX-License-Identifier: Apache-2.0
//
// A line's words, one after the other: positional ones and key=value options, the values unquoted.
// Blanks fold. The line is looked at sixty-four bytes at a time, each once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/text.hpp"

namespace pawl::wire {

struct Word {
  std::string_view key;    // of an option, what stands before the first =
  std::string_view value;  // of an option, or the positional word
  bool is_option = false;
  bool is_plain = false;  // a positional one: all its characters may stand in a name
};

class Words {
 public:
  explicit Words(std::string_view line) : line_(line) { look_at(0); }

  void skip_blanks() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
  }
  [[nodiscard]] bool at_end() const { return at_ == line_.size(); }
  [[nodiscard]] char front() const { return line_[at_]; }  // not at the end
  [[nodiscard]] std::string_view rest() const { return line_.substr(at_); }

  // What stands before the next blank or the end.
  [[nodiscard]] std::string_view take_plain() {
    const std::size_t begin = at_;
    to_mark([](char c) { return is_blank(c); });
    return line_.substr(begin, at_ - begin);
  }

  // The next word, where one stands. False: `problem` says why, a static text. Unquoted values may
  // stand in `scratch`, see read_quoted.
  [[nodiscard]] bool take(std::string& scratch, Word& word, std::string_view& problem) {
    const std::size_t begin = at_;
    word.is_plain = to_mark([](char c) { return is_blank(c) || c == '='; });
    word.value = line_.substr(begin, at_ - begin);
    word.is_option = !at_end() && front() == '=';
    return !word.is_option || take_value(scratch, word, problem);
  }

 private:
  static constexpr std::size_t block_size = 64;

  bool take_value(std::string& scratch, Word& word, std::string_view& problem);
  bool take_quoted(std::string& scratch, Word& word, std::string_view& problem);

  // Goes on to the next byte that ends a word, as `ends` knows. True: it was the first mark.
  template <class Ends>
  bool to_mark(Ends ends) {
    at_ = next_mark(at_);
    if (at_end() || ends(front())) return true;
    do at_ = next_mark(at_ + 1);
    while (!at_end() && !ends(front()));
    return false;
  }

  // The place of the first byte from there on that may end a word or not stand in a name.
  [[nodiscard]] std::size_t next_mark(std::size_t from) {
    if (const std::size_t in_block = from - block_; in_block < block_size) {
      const std::uint64_t left = marks_ >> in_block;
      if (left != 0) return from + static_cast<std::size_t>(std::countr_zero(left));
    }
    return find_mark(from);
  }
  [[nodiscard]] std::size_t find_mark(std::size_t from);
  void look_at(std::size_t block);

  std::string_view line_;
  std::size_t at_ = 0;
  std::size_t block_ = 0;    // where the bytes begin that were looked at last
  std::uint64_t marks_ = 0;  // of them and of the line's end, a bit each
};

}  // namespace pawl::wire

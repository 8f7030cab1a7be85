// SPDX-License-Identifier: Apache-2.0
#include "wire/words.hpp"

#include "wire/quote.hpp"
#include "wire/scan.hpp"

namespace pawl::wire {

void Words::look_at(std::size_t block) {
  const std::string_view bytes = line_.substr(block, block_size);
  block_ = block;
  marks_ = scan::bits_not_plainly_in_name(bytes);
  if (bytes.size() < block_size) marks_ |= std::uint64_t{1} << bytes.size();
}

std::size_t Words::find_mark(std::size_t from) {
  while (from < line_.size()) {
    look_at(from - from % block_size);
    const std::uint64_t left = marks_ >> from % block_size;
    if (left != 0) return from + static_cast<std::size_t>(std::countr_zero(left));
    from = block_ + block_size;
  }
  return line_.size();
}

// Of an option: behind its key, at the =.
bool Words::take_value(std::string& scratch, Word& word, std::string_view& problem) {
  word.key = word.value;
  ++at_;
  if (!at_end() && front() == '"') return take_quoted(scratch, word, problem);
  const std::size_t begin = at_;
  to_mark([](char c) { return is_blank(c) || c == '"'; });
  word.value = line_.substr(begin, at_ - begin);
  if (at_end() || is_blank(front())) return true;
  problem = R"(a quote stands around a whole value: key="two words")";
  return false;
}

bool Words::take_quoted(std::string& scratch, Word& word, std::string_view& problem) {
  std::string_view rest = line_.substr(at_);
  // Room for this value and all behind it, once: views into the scratch must stay.
  scratch.reserve(scratch.size() + rest.size());
  const auto value = read_quoted(rest, scratch);
  if (!value) {
    problem = R"(a quoted value is text that ends with a quote; its escapes are \" \\ \n \xNN)";
    return false;
  }
  at_ = line_.size() - rest.size();
  if (!at_end() && !is_blank(front())) {
    problem = "a blank must follow a quoted value";
    return false;
  }
  word.value = *value;
  return true;
}

}  // namespace pawl::wire

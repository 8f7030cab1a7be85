// SPDX-License-Identifier: Apache-2.0
#include "wire/words.hpp"

#include "wire/quote.hpp"
#include "wire/scan.hpp"
#include "wire/text.hpp"

namespace pawl::wire {

void skip_blanks(std::string_view& rest) {
  std::size_t blanks = 0;
  while (blanks < rest.size() && is_blank(rest[blanks])) ++blanks;
  rest.remove_prefix(blanks);
}

std::string_view take_plain_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, scan::find_any<' ', '\t'>(rest));
  rest.remove_prefix(word.size());
  return word;
}

bool take_word(std::string_view& rest, std::string& scratch, Word& word,
               std::string_view& problem) {
  const std::size_t end = scan::find_any<' ', '\t', '='>(rest);
  word.is_option = end < rest.size() && rest[end] == '=';
  if (!word.is_option) {
    word.value = rest.substr(0, end);
    rest.remove_prefix(end);
    return true;
  }
  word.key = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (!rest.starts_with('"')) {
    word.value = rest.substr(0, scan::find_any<' ', '\t', '"'>(rest));
    rest.remove_prefix(word.value.size());
    if (!rest.starts_with('"')) return true;
    problem = R"(a quote stands around a whole value: key="two words")";
    return false;
  }
  // Room for this value and all behind it, once: views into the scratch must stay.
  scratch.reserve(scratch.size() + rest.size());
  const auto value = read_quoted(rest, scratch);
  if (!value) {
    problem = R"(a quoted value is text that ends with a quote; its escapes are \" \\ \n \xNN)";
    return false;
  }
  if (!rest.empty() && !is_blank(rest.front())) {
    problem = "a blank must follow a quoted value";
    return false;
  }
  word.value = *value;
  return true;
}

}  // namespace pawl::wire

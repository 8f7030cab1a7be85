// SPDX-License-Identifier: Apache-2.0
#include "wire/words.hpp"

#include "wire/quote.hpp"
#include "wire/text.hpp"

namespace pawl::wire {

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
}

std::string_view take_plain_word(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && !is_blank(rest[end])) ++end;
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

bool take_word(std::string_view& rest, std::string& scratch, Word& word,
               std::string_view& problem) {
  std::size_t end = 0;
  while (end < rest.size() && !is_blank(rest[end]) && rest[end] != '=') ++end;
  word.is_option = end < rest.size() && rest[end] == '=';
  if (!word.is_option) {
    word.value = rest.substr(0, end);
    rest.remove_prefix(end);
    return true;
  }
  word.key = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (!rest.starts_with('"')) {
    word.value = take_plain_word(rest);
    if (word.value.find('"') == word.value.npos) return true;
    problem = R"(a quote stands around a whole value: key="two words")";
    return false;
  }
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

// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/own_words.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "wire/quote.hpp"
#include "wire/resp/exchange.hpp"
#include "wire/resp/letters.hpp"
#include "wire/text.hpp"
#include "wire/verbs.hpp"

namespace pawl::wire::resp {
namespace {

// Events are lines, and a Redis client expects none; what Redis clients mean by the other words is
// answered elsewhere.
constexpr std::array not_as_array{Verb::hello, Verb::help,    Verb::ping, Verb::events,
                                  Verb::watch, Verb::unwatch, Verb::auth};

void add_option(std::string& line, std::string_view key, std::string_view value) {
  line.append(" ").append(key) += '=';
  append_quoted(line, value);
}

// An option written as two words, or as SHARED alone: how many words it takes; 0: it is none.
std::size_t add_spelled_option(std::string& line, Arguments rest) {
  const std::string_view word = rest.front();
  if (word == "SHARED") {
    add_option(line, "mode", "shared");
    return 1;
  }
  if (rest.size() < 2 || word != upper(word)) return 0;
  const std::string_view value = rest[1];
  if (word == "PX") {
    add_option(line, "ttl", value);
  } else if (word == "EX") {
    add_option(line, "ttl", std::string(value) + 's');
  } else if (word == "OWNER") {
    add_option(line, "note", note_of(value));
  } else if (word == "WAIT") {
    add_option(line, "wait", lower(value));
  } else if (find_option(lower(word))) {
    if (word == "SLOTS") add_option(line, "mode", "slot");
    add_option(line, lower(word), value);
  } else {
    return 0;
  }
  return 2;
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Of PX and EX the unit is said already; whether so much is allowed, the node says.
bool has_wrong_number(Arguments rest) {
  if (rest.size() < 2 || (rest[0] != "PX" && rest[0] != "EX")) return false;
  return !is_integer(rest[1]);
}

// The first word of most requests is a name, even one that is spelled like an option.
std::size_t first_option_of(std::string_view verb) {
  const VerbRule* const rule = find_verb(verb);
  return rule != nullptr && rule->most_words == 0 ? 1 : 2;
}

bool is_plain(std::string_view word) {
  return !word.empty() && std::none_of(word.begin(), word.end(), [](char c) {
    return is_blank(c) || c == '\n' || c == '\r' || c == '"';
  });
}

}  // namespace

bool is_own_word(std::string_view word) {
  const VerbRule* const rule = find_verb(word);
  return rule != nullptr &&
         std::find(not_as_array.begin(), not_as_array.end(), rule->verb) == not_as_array.end();
}

Refusal line_of(Arguments command, std::string& line) {
  if (!std::all_of(command.begin(), command.end(), [](auto word) { return is_text(word); })) {
    return refuse("words are UTF-8 text without NUL bytes");
  }
  line = command.front();
  const std::size_t first_option = first_option_of(command.front());
  for (std::size_t at = 1; at < command.size();) {
    const std::string_view word = command[at];
    const bool may_be_option = at >= first_option;
    if (may_be_option && has_wrong_number(command.subspan(at))) {
      return refuse("value is not an integer or out of range");
    }
    const std::size_t spelled = may_be_option ? add_spelled_option(line, command.subspan(at)) : 0;
    at += std::max<std::size_t>(spelled, 1);
    if (spelled != 0) continue;
    const std::size_t equals = word.find('=');
    if (equals != word.npos && is_plain(word.substr(0, equals))) {
      add_option(line, word.substr(0, equals), word.substr(equals + 1));
    } else if (is_plain(word)) {
      line.append(" ").append(word);
    } else {
      return refuse("a word here has no blanks, quotes or line ends");
    }
  }
  return {};
}

}  // namespace pawl::wire::resp

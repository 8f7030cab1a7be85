// SPDX-License-Identifier: Apache-2.0
//
// A verb's words and options, of good form each, become its Request or a Malformed that says what
// was wrong and what is right.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/request.hpp"
#include "wire/verbs.hpp"

namespace pawl::wire {

struct OptionValues {
  OptionSet given = 0;
  std::array<std::string_view, option_count> texts;  // of those given; the others' are old

  [[nodiscard]] bool has(Option option) const { return (given & set_of(option)) != 0; }
  void set(Option option, std::string_view text) {
    given |= set_of(option);
    texts[static_cast<std::size_t>(option)] = text;
  }
  [[nodiscard]] std::string_view operator[](Option option) const {
    return texts[static_cast<std::size_t>(option)];
  }
};

// The positional words of a line.
struct Positional {
  Names words;
  bool are_plain = false;  // known to have only characters that may stand in a name
};

// Expects as many words as the rule wants, only options it takes, all it needs. The request views
// `words`, `options` and, when malformed, `message`, which is overwritten.
void build_request(const VerbRule& rule, Positional words, const OptionValues& options,
                   std::string& message, Request& out);

}  // namespace pawl::wire

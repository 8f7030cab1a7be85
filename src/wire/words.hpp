// SPDX-License-Identifier: Apache-2.0
//
// A line's words: positional ones and key=value options, the values unquoted. Blanks fold.
#pragma once

#include <string>
#include <string_view>

namespace pawl::wire {

void skip_blanks(std::string_view& rest);

// Takes what stands before the next blank or the end off `rest`.
[[nodiscard]] std::string_view take_plain_word(std::string_view& rest);

struct Word {
  std::string_view key;    // of an option, what stands before the first =
  std::string_view value;  // of an option, or the positional word
  bool is_option = false;
};

// Takes the next word off `rest`, which starts with no blank and is not empty. False: `problem`
// says why, a static text. Unquoted values may stand in `scratch`, see read_quoted.
[[nodiscard]] bool take_word(std::string_view& rest, std::string& scratch, Word& word,
                             std::string_view& problem);

}  // namespace pawl::wire

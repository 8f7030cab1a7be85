// SPDX-License-Identifier: Apache-2.0
//
// A line becomes a Request. The grammar is PROTOCOL.md's; what this parser accepts has the right
// form, whether it is allowed or possible is the node's to say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/request.hpp"
#include "wire/build.hpp"
#include "wire/words.hpp"

namespace pawl::wire {

enum class LineKind : std::uint8_t {
  request,  // `request` holds it, Malformed included
  empty,    // ignored, no reply
  poison,   // `request` is Malformed: reply, then close (NUL bytes, invalid UTF-8)
  foreign,  // HTTP at our door: close without a word
};

struct Line {
  LineKind kind = LineKind::empty;
  std::string_view tag;  // without the #; empty: untagged
  Request request;
};

// Whether a line is HTTP, told by how it begins …
[[nodiscard]] bool is_foreign(std::string_view line);
// … or may still turn out to be, of which so much is there.
[[nodiscard]] bool may_become_foreign(std::string_view beginning);

// Reusable: its scratch keeps its storage, so a line costs no allocation once warm. A Line's views
// point into the line given or into the scratch, and last until the next parse.
class RequestParser {
 public:
  // `line` without its LF; a CR before it is dropped here.
  [[nodiscard]] Line parse(std::string_view line);

 private:
  friend struct ParserScratch;  // the tests look where views point

  void parse_request(const VerbRule& rule, Words& words, Request& out);
  // Nothing was wrong with its words and options one by one?
  [[nodiscard]] std::optional<request::Malformed> take_words(const VerbRule& rule, Words& words);
  [[nodiscard]] request::Malformed unknown(std::string_view word);
  [[nodiscard]] request::Malformed misused(const VerbRule& rule, std::string_view how);
  [[nodiscard]] request::Malformed unknown_option(const VerbRule& rule, std::string_view key);
  [[nodiscard]] request::Malformed repeated_option(Option option);

  std::vector<std::string_view> words_;  // positional ones
  bool words_are_plain_ = true;          // every one of them
  OptionValues options_;
  std::string text_;     // unescaped values
  std::string message_;  // of a Malformed
};

}  // namespace pawl::wire

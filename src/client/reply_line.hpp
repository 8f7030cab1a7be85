// SPDX-License-Identifier: Apache-2.0
//
// A reply or an event, as a client reads it: the inverse of wire/reply. A ReplyLine owns its texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pawl/types.hpp"

namespace pawl::client {

// Why a request was refused: the code as the server wrote it (one this client does not know too)
// and what it said for a person.
struct Refusal {
  std::string code;
  std::string message;  // the msg=, or the other fields as they came; may be empty
};

struct ReplyLine {
  enum class Kind : std::uint8_t { ok, error, event };
  Kind kind = Kind::ok;
  std::string tag;                                          // without the #; empty: untagged
  std::string word;                                         // ERR's code, EVENT's kind, OK's word
  std::string json;                                         // of an OK {…}
  std::vector<std::pair<std::string, std::string>> fields;  // key=value, unquoted

  [[nodiscard]] std::optional<std::string_view> field(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
};

// `line` without its LF. Nothing: it is no reply of this protocol.
[[nodiscard]] std::optional<ReplyLine> parse_reply_line(std::string_view line);

[[nodiscard]] Refusal refusal_of(const ReplyLine& error);

}  // namespace pawl::client

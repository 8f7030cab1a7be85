// SPDX-License-Identifier: Apache-2.0
//
// Request lines as a client writes them: words and key=value options, quoted where they must be.
// What this writes, wire/request reads back the same. Texts are valid UTF-8 without NUL bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/request.hpp"
#include "pawl/types.hpp"

namespace pawl::client {

class RequestLine {
 public:
  explicit RequestLine(std::string_view verb) : text_(verb) {}

  RequestLine& word(std::string_view word);  // a name, a secret: nothing that needs quotes
  RequestLine& words(const std::vector<std::string>& words);
  RequestLine& option(std::string_view key, std::string_view value);  // quoted if it must be
  RequestLine& option(std::string_view key, std::uint64_t value);
  RequestLine& option(std::string_view key, Milliseconds value);
  RequestLine& mode(Mode mode, std::uint32_t slots);  // nothing for an exclusive one
  RequestLine& tag(std::string_view tag);             // "#tag " in front

  [[nodiscard]] const std::string& text() const { return text_; }  // without LF

 private:
  std::string text_;
};

}  // namespace pawl::client

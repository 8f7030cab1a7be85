// SPDX-License-Identifier: Apache-2.0
#include "client/request_line.hpp"

#include "wire/quote.hpp"
#include "wire/text.hpp"

namespace pawl::client {
namespace {

// What would end a word, start a quote, or not survive a terminal.
bool needs_quotes(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    if (byte <= 0x20 || byte == 0x7F || byte == '"') return true;
    if (wire::control_at(value.substr(i)) != 0) return true;
  }
  return value.empty();
}

}  // namespace

RequestLine& RequestLine::word(std::string_view word) {
  (text_ += ' ').append(word);
  return *this;
}

RequestLine& RequestLine::words(const std::vector<std::string>& words) {
  for (const std::string& one : words) word(one);
  return *this;
}

RequestLine& RequestLine::option(std::string_view key, std::string_view value) {
  ((text_ += ' ').append(key)) += '=';
  if (needs_quotes(value)) {
    wire::append_quoted(text_, value);
  } else {
    text_.append(value);
  }
  return *this;
}

RequestLine& RequestLine::option(std::string_view key, std::uint64_t value) {
  return option(key, std::string_view(std::to_string(value)));
}

RequestLine& RequestLine::option(std::string_view key, Milliseconds value) {
  return option(key, std::string_view(std::to_string(value.count())));
}

RequestLine& RequestLine::mode(Mode mode, std::uint32_t slots) {
  if (mode == Mode::exclusive) return *this;
  if (mode == Mode::shared) return option("mode", std::string_view("shared"));
  return option("mode", std::string_view("slot")).option("slots", std::uint64_t{slots});
}

RequestLine& RequestLine::tag(std::string_view tag) {
  text_.insert(0, "#" + std::string(tag) + " ");
  return *this;
}

}  // namespace pawl::client

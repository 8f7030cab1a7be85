// SPDX-License-Identifier: Apache-2.0
#include "wire/json_writer.hpp"

#include <cstddef>

#include "wire/text.hpp"

namespace pawl::wire {
namespace {

// The bytes of the character at the start, 0 if they are none. Not ASCII.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 2; size <= 4 && size <= text.size(); ++size) {
    if (is_text(text.substr(0, size))) return size;
  }
  return 0;
}

}  // namespace

// DEL and C1 controls are legal in JSON, but terminals act on them.
void JsonWriter::text(std::string_view text) {
  separate();
  out_ += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    if (byte < 0x20 || byte == 0x7F) {
      escape(byte);
    } else if (byte < 0x80) {
      if (byte == '"' || byte == '\\') out_ += '\\';
      out_ += text.front();
    } else if (control_at(text) != 0) {
      escape(static_cast<unsigned char>(text[1]));
      size = 2;
    } else if (size = character_size(text); size != 0) {
      out_ += text.substr(0, size);
    } else {
      out_ += "\xEF\xBF\xBD";  // U+FFFD
      size = 1;
    }
    text.remove_prefix(size);
  }
  out_ += '"';
}

void JsonWriter::escape(unsigned character) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (character) {
    case '\n': out_ += "\\n"; return;
    case '\t': out_ += "\\t"; return;
    case '\r': out_ += "\\r"; return;
    case '\b': out_ += "\\b"; return;
    case '\f': out_ += "\\f"; return;
    default: break;
  }
  out_ += "\\u00";
  out_ += digits[character >> 4U];
  out_ += digits[character & 0xFU];
}

void JsonWriter::text_or_null(std::string_view text) {
  if (text.empty()) {
    null();
  } else {
    this->text(text);
  }
}

}  // namespace pawl::wire

// SPDX-License-Identifier: Apache-2.0
#include "wire/quote.hpp"

#include "wire/text.hpp"

namespace pawl::wire {
namespace {

void append_hex(std::string& out, char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  const unsigned value = static_cast<unsigned char>(byte);
  out += "\\x";
  out += digits[value >> 4U];
  out += digits[value & 0xFU];
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes one escape, behind its backslash, off `rest`.
std::optional<char> read_escape(std::string_view& rest) {
  if (rest.empty()) return std::nullopt;
  const char kind = rest.front();
  rest.remove_prefix(1);
  if (kind == '"' || kind == '\\') return kind;
  if (kind == 'n') return '\n';
  if (kind != 'x' || rest.size() < 2) return std::nullopt;
  const int high = hex_digit(rest[0]);
  const int low = hex_digit(rest[1]);
  if (high < 0 || low < 0) return std::nullopt;
  rest.remove_prefix(2);
  return static_cast<char>(high * 16 + low);
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F') {
      append_hex(out, c);
    } else if (control_at(text.substr(i)) != 0) {
      append_hex(out, c);
      append_hex(out, text[++i]);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::optional<std::string_view> read_quoted(std::string_view& rest, std::string& scratch) {
  rest.remove_prefix(1);
  const std::size_t plain = rest.find_first_of("\"\\");
  if (plain == rest.npos) return std::nullopt;
  if (rest[plain] == '"') {
    const std::string_view value = rest.substr(0, plain);
    rest.remove_prefix(plain + 1);
    return value;
  }
  const std::size_t start = scratch.size();
  for (;;) {
    const std::size_t stop = rest.find_first_of("\"\\");
    if (stop == rest.npos) return std::nullopt;
    scratch.append(rest.substr(0, stop));
    const bool closed = rest[stop] == '"';
    rest.remove_prefix(stop + 1);
    if (closed) break;
    const auto escaped = read_escape(rest);
    if (!escaped) return std::nullopt;
    scratch += *escaped;
  }
  const std::string_view value = std::string_view(scratch).substr(start);
  if (!is_text(value)) return std::nullopt;
  return value;
}

}  // namespace pawl::wire

// SPDX-License-Identifier: Apache-2.0
//
// Bytes, split into lines at LF, go through one RequestParser, as a connection's do. Whatever they
// are, what comes out keeps the protocol page's rules. With libFuzzer under clang; with any
// compiler, and PAWL_FUZZ_REPLAY defined, a program that runs every file of a corpus folder once.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/ensure.hpp"
#include "base/overloaded.hpp"
#include "wire/request.hpp"

namespace pawl::wire {
namespace {

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Reads every byte, so that a sanitizer sees a view that points elsewhere.
bool consists_of(std::string_view text, std::string_view more) {
  for (const char c : text) {
    if (letters_and_digits.find(c) == letters_and_digits.npos && more.find(c) == more.npos) {
      return false;
    }
  }
  return true;
}

// Written apart from the parser's own checks, or it would prove nothing.
bool is_utf8_without_nul(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = static_cast<unsigned char>(text[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first == 0 || (first >= 0x80 && first < 0xC0) || first > 0xF7) return false;
    if (text.size() - i < length) return false;
    constexpr std::array<unsigned, 5> first_bits = {0, 0x7F, 0x1F, 0x0F, 0x07};
    constexpr std::array<unsigned, 5> smallest = {0, 0x01, 0x80, 0x800, 0x10000};
    unsigned point = first & first_bits[length];
    for (std::size_t k = 1; k < length; ++k) {
      const unsigned next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0U) != 0x80U) return false;
      point = point << 6U | (next & 0x3FU);
    }
    if (point < smallest[length] || point > 0x10FFFF) return false;
    if (point >= 0xD800 && point <= 0xDFFF) return false;
    i += length;
  }
  return true;
}

void check_part_of_name(std::string_view name) {
  ensure(name.size() <= 255);
  ensure(is_utf8_without_nul(name));
  for (std::size_t i = 0; i < name.size(); ++i) {
    const unsigned byte = static_cast<unsigned char>(name[i]);
    ensure(byte > 0x20 && byte != 0x7F && byte != '"' && byte != '=' && byte != ',');
    if (byte == 0xC2) ensure(static_cast<unsigned char>(name[i + 1]) >= 0xA0);
  }
}
void check_name(std::string_view name) {
  ensure(!name.empty());
  check_part_of_name(name);
}
void check_names(Names names) {
  ensure(!names.empty() && names.size() <= 64);
  for (std::size_t i = 0; i < names.size(); ++i) {
    check_name(names[i]);
    for (std::size_t k = 0; k < i; ++k) ensure(names[i] != names[k]);
  }
}
void check_id(std::string_view id) {
  ensure(!id.empty() && id.size() <= 64 && consists_of(id, "._:-"));
}
void check_id_if_any(std::string_view id) {
  if (!id.empty()) check_id(id);
}
void check_free_text(std::string_view text, std::size_t most) {
  ensure(text.size() <= most && is_utf8_without_nul(text));
}
void check_token(Token token) { ensure(token >= Token{1} && token <= last_token); }
void check_limit(std::uint32_t limit) { ensure(limit >= 1 && limit <= 1000); }

void check_span(Milliseconds span) {
  ensure(span >= Milliseconds{0} && span <= std::chrono::hours{1'000'000});
}
// Zero and what is no duration are out of every range: whoever knows the range says so.
void check_ttl(const std::optional<Milliseconds>& ttl) {
  if (ttl && *ttl != ttl_of_no_length) check_span(*ttl);
}
void check_positive(const std::optional<Milliseconds>& span) {
  if (!span) return;
  check_span(*span);
  ensure(*span > Milliseconds{0});
}

struct CheckRequest {
  void operator()(const request::Malformed& r) const {
    ensure(r.code == ErrorCode::bad_request || r.code == ErrorCode::unknown_command);
    ensure(!r.message.empty() && r.message.size() < 512 && is_utf8_without_nul(r.message));
    for (const char c : r.message) ensure(static_cast<unsigned char>(c) >= 0x20 && c != '\x7F');
  }
  void operator()(const request::Open& r) const {
    check_ttl(r.ttl);
    check_free_text(r.name, 255);
    check_id_if_any(r.id);
    ensure(r.secret.empty());
  }
  void operator()(const request::Resume& r) const { check_id(r.secret); }
  void operator()(const request::KeepAlive& r) const {
    for (const std::string_view secret : r.secrets) check_id(secret);
  }
  void operator()(const request::Lock& r) const {
    check_names(r.names);
    if (r.wait != wait_forever) check_span(r.wait);
    check_ttl(r.ttl);
    check_id_if_any(r.id);
    ensure((r.mode == Mode::slot) == (r.slots != 0) && r.slots <= 65'535);
    check_span(r.delay);
    check_positive(r.max_hold);
    check_free_text(r.note, 1024);
  }
  void operator()(const request::Unlock& r) const {
    check_names(r.names);
    check_token(r.token);
  }
  void operator()(const request::Renew& r) const {
    check_name(r.name);
    check_token(r.token);
    check_ttl(r.ttl);
  }
  void operator()(const request::Verify& r) const {
    check_name(r.name);
    check_token(r.token);
  }
  void operator()(const request::Cancel& r) const {
    check_name(r.name);
    check_id(r.id);
  }
  void operator()(const request::Show& r) const {
    check_name(r.name);
    check_limit(r.limit);
  }
  void operator()(const request::List& r) const {
    check_part_of_name(r.prefix);
    check_part_of_name(r.after);
    check_limit(r.limit);
  }
  void operator()(const request::Sessions& r) const { check_limit(r.limit); }
  void operator()(const request::Break& r) const {
    check_name(r.name);
    check_token(r.token);
    check_free_text(r.reason, 1024);
  }
  template <class WithoutTexts>
  void operator()(const WithoutTexts&) const {}
};

void check_line(RequestParser& parser, std::string_view bytes) {
  // In a block of its own length, so that reading past the line is seen.
  const std::string line(bytes);
  const Line parsed = parser.parse(line);
  ensure(parsed.tag.size() <= 32 && consists_of(parsed.tag, "._-"));
  const bool malformed = std::holds_alternative<request::Malformed>(parsed.request);
  switch (parsed.kind) {
    case LineKind::request:
      ensure(is_utf8_without_nul(line));
      std::visit(CheckRequest{}, parsed.request);
      return;
    case LineKind::poison:
      ensure(malformed && !is_utf8_without_nul(line));
      std::visit(CheckRequest{}, parsed.request);
      return;
    case LineKind::empty: ensure(line.find_first_not_of(" \t\r") == line.npos); return;
    case LineKind::foreign: ensure(line.size() >= 4 && parsed.tag.empty()); return;
  }
}

}  // namespace
}  // namespace pawl::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  std::string_view rest = text;
  pawl::wire::RequestParser parser;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    pawl::wire::check_line(parser, rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return 0;
}

#ifdef PAWL_FUZZ_REPLAY
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: request_fuzz_replay CORPUS_FOLDER\n";
    return 2;
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    std::cout << entry.path().filename().string() << ": " << bytes.size() << " bytes" << std::endl;
    const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(data.data(), data.size());
    ++files;
  }
  std::cout << files << " files\n";
  return files == 0 ? 1 : 0;
}
#endif

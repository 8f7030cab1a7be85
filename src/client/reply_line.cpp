// SPDX-License-Identifier: Apache-2.0
#include "client/reply_line.hpp"

#include <algorithm>

#include "wire/text.hpp"
#include "wire/values.hpp"
#include "wire/words.hpp"

namespace pawl::client {
namespace {

std::optional<ReplyLine::Kind> kind_named(std::string_view word) {
  if (word == "OK") return ReplyLine::Kind::ok;
  if (word == "ERR") return ReplyLine::Kind::error;
  if (word == "EVENT") return ReplyLine::Kind::event;
  return std::nullopt;
}

// Of an ERR and an EVENT: BUSY, NOT_HELD, LOST.
bool is_code(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// The tag, if there is one; false: what looks like one is none.
bool take_tag(wire::Words& words, std::string& tag) {
  if (words.at_end() || words.front() != '#') return true;
  const std::string_view word = words.take_plain().substr(1);
  words.skip_blanks();
  tag = word;
  return wire::is_tag(word);
}

bool take_fields(wire::Words& words, ReplyLine& reply) {
  std::string scratch;
  scratch.reserve(words.rest().size());
  for (words.skip_blanks(); !words.at_end(); words.skip_blanks()) {
    scratch.clear();
    wire::Word word;
    std::string_view problem;
    if (!words.take(scratch, word, problem)) return false;
    if (!word.is_option || word.key.empty()) return false;
    reply.fields.emplace_back(word.key, word.value);
  }
  return true;
}

bool is_field(wire::Words words) { return words.take_plain().find('=') != std::string_view::npos; }

}  // namespace

std::optional<std::string_view> ReplyLine::field(std::string_view key) const {
  for (const auto& [name, value] : fields) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ReplyLine::number(std::string_view key) const {
  const auto text = field(key);
  return text ? wire::parse_integer(*text) : std::nullopt;
}

std::optional<ReplyLine> parse_reply_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!wire::is_text(line)) return std::nullopt;
  ReplyLine reply;
  wire::Words words(line);
  if (!take_tag(words, reply.tag)) return std::nullopt;
  const auto kind = kind_named(words.take_plain());
  if (!kind || (*kind == ReplyLine::Kind::event && !reply.tag.empty())) return std::nullopt;
  reply.kind = *kind;
  words.skip_blanks();
  if (reply.kind == ReplyLine::Kind::ok && words.rest().starts_with('{')) {
    reply.json = words.rest();
    return reply.json.ends_with('}') ? std::optional(std::move(reply)) : std::nullopt;
  }
  if (!is_field(words)) reply.word = words.take_plain();
  if (reply.kind != ReplyLine::Kind::ok && !is_code(reply.word)) return std::nullopt;
  if (!take_fields(words, reply)) return std::nullopt;
  return reply;
}

Refusal refusal_of(const ReplyLine& error) {
  Refusal refusal{error.word, {}};
  if (const auto message = error.field("msg")) {
    refusal.message = *message;
    return refusal;
  }
  for (const auto& [key, value] : error.fields) {
    if (!refusal.message.empty()) refusal.message += ' ';
    refusal.message += key + "=" + value;
  }
  return refusal;
}

}  // namespace pawl::client

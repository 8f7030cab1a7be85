// SPDX-License-Identifier: Apache-2.0
//
// Bytes as lines of a server, as the client library reads them. What is a reply can be written down
// again from its parts and then reads as the same.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/ensure.hpp"
#include "client/reply_line.hpp"
#include "replay_corpus.hpp"
#include "wire/quote.hpp"
#include "wire/text.hpp"

namespace pawl::client {
namespace {

std::string written(const ReplyLine& reply) {
  std::string line = reply.tag.empty() ? "" : "#" + reply.tag + " ";
  switch (reply.kind) {
    case ReplyLine::Kind::ok: line += "OK"; break;
    case ReplyLine::Kind::error: line += "ERR"; break;
    case ReplyLine::Kind::event: line += "EVENT"; break;
  }
  if (!reply.json.empty()) return line + " " + reply.json;
  if (!reply.word.empty()) line += " " + reply.word;
  for (const auto& [key, value] : reply.fields) {
    line += " " + key + "=";
    wire::append_quoted(line, value);
  }
  return line;
}

void check(std::string_view bytes) {
  const std::string line(bytes);  // in a block of its own length: a read past it is seen
  const auto reply = parse_reply_line(line);
  if (!reply) return;
  ensure(wire::is_text(line) && (reply->tag.empty() || wire::is_tag(reply->tag)));
  ensure(reply->kind == ReplyLine::Kind::ok || !reply->word.empty());
  const auto again = parse_reply_line(written(*reply) + '\r');  // of which one is taken off
  ensure(again && again->kind == reply->kind && again->tag == reply->tag);
  ensure(again->word == reply->word && again->json == reply->json);
  ensure(again->fields == reply->fields);
  for (const auto& [key, value] : reply->fields) {
    ensure(reply->field(key).has_value() && wire::is_text(value));
    static_cast<void>(reply->number(key));
  }
  if (reply->kind == ReplyLine::Kind::error) ensure(refusal_of(*reply).code == reply->word);
}

}  // namespace
}  // namespace pawl::client

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    pawl::client::check(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return 0;
}

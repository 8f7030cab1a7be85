// SPDX-License-Identifier: Apache-2.0
#include "cli/run/holders.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"
#include "client/reply_line.hpp"
#include "client/request_line.hpp"

namespace pawl::cli {

using nlohmann::json;

namespace {

std::string string_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_in(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string holder_text(const json& holder) {
  std::string text = string_in(holder, "client");
  if (text.empty()) text = string_in(holder, "address");
  text = text.empty() ? "somebody" : printable(text);
  const std::string note = string_in(holder, "note");
  if (!note.empty()) text += " " + in_quotes(note);
  return text + " for " + duration_text(Milliseconds(number_in(holder, "since_ms")));
}

}  // namespace

std::string holders_text(std::string_view text) {
  const json shown = json::parse(text, nullptr, false);
  if (!shown.is_object() || !shown.contains("holders") || !shown["holders"].is_array()) return {};
  const json& holders = shown["holders"];
  std::string line;
  if (holders.empty()) {
    const std::int64_t delay = number_in(shown, "delay_ms");
    if (delay == 0) return {};
    line = "free again in " + duration_text(Milliseconds(delay));
  } else {
    if (!holders.front().is_object()) return {};
    line = "held by " + holder_text(holders.front());
    if (holders.size() > 1) line += " and " + std::to_string(holders.size() - 1) + " more";
  }
  return line + ", " + std::to_string(number_in(shown, "waiters_total")) + " waiting";
}

Holders::Holders(boost::asio::io_context& context, std::vector<client::ServerAddress> servers,
                 client::Access access, std::vector<std::string> locks, Answer answer,
                 client::Resolve resolve)
    : context_(context),
      book_(context, std::move(resolve)),
      servers_(std::move(servers)),
      access_(std::move(access)),
      locks_(std::move(locks)),
      answer_(std::move(answer)) {
  try_next();
}

Holders::~Holders() { close(); }

void Holders::close() {
  if (link_) link_->close();
  link_.reset();
}

void Holders::try_next() {
  close();
  if (next_ == servers_.size()) return;
  lock_ = 0;
  link_ = std::make_shared<client::Link>(
      context_, access_,
      client::Link::Calls{[this] { ask(); }, [this](std::string_view line) { take(line); },
                          [this](const client::Link::End& /*no news*/) { try_next(); }});
  link_->open(book_, servers_[next_++], 0);
}

void Holders::ask() {
  client::RequestLine line("SHOW");
  line.word(locks_[lock_]).option("limit", std::uint64_t{10});
  link_->send(line.text());
}

void Holders::take(std::string_view line) {
  const auto reply = client::parse_reply_line(line);
  const std::string text = reply ? holders_text(reply->json) : std::string();
  const bool is_free = text.empty() && reply && !reply->json.empty();
  if (is_free && ++lock_ < locks_.size()) return ask();
  if (text.empty()) return try_next();
  close();
  answer_(locks_.size() == 1 ? text : printable(locks_[lock_]) + " is " + text);
}

}  // namespace pawl::cli

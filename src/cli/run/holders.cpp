// SPDX-License-Identifier: Apache-2.0
#include "cli/run/holders.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/text/duration.hpp"
#include "cli/text/printable.hpp"
#include "client/reply_line.hpp"
#include "client/request_line.hpp"

namespace pawl::cli {

namespace asio = boost::asio;
using boost::system::error_code;
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

Holders::Holders(asio::io_context& context, std::vector<client::ServerAddress> servers,
                 std::vector<std::string> locks, Answer answer)
    : resolver_(context),
      socket_(context),
      servers_(std::move(servers)),
      locks_(std::move(locks)),
      answer_(std::move(answer)) {
  try_next();
}

void Holders::try_next() {
  error_code ignored;
  socket_.close(ignored);
  input_.clear();
  lock_ = 0;
  if (next_ == servers_.size()) return;
  const client::ServerAddress& server = servers_[next_++];
  resolver_.async_resolve(server.host, server.port, [this](error_code error, const auto& found) {
    if (error) return try_next();
    connect(found);
  });
}

void Holders::connect(const asio::ip::tcp::resolver::results_type& found) {
  asio::async_connect(socket_, found, [this](error_code error, const auto& /*endpoint*/) {
    if (error) return try_next();
    ask();
  });
}

void Holders::ask() {
  line_ = client::RequestLine("SHOW").word(locks_[lock_]).option("limit", std::uint64_t{10}).text();
  line_ += '\n';
  asio::async_write(socket_, asio::buffer(line_), [this](error_code error, std::size_t /*bytes*/) {
    if (error) return try_next();
    read();
  });
}

void Holders::read() {
  asio::async_read_until(
      socket_, asio::dynamic_buffer(input_, 1'000'000), '\n',
      [this](error_code error, std::size_t length) {
        if (error) return try_next();
        const auto reply = client::parse_reply_line(std::string_view(input_).substr(0, length - 1));
        const std::string text = reply ? holders_text(reply->json) : std::string();
        input_.erase(0, length);
        const bool is_free = text.empty() && reply && !reply->json.empty();
        if (is_free && ++lock_ < locks_.size()) return ask();
        if (text.empty()) return try_next();
        error_code ignored;
        socket_.close(ignored);
        answer_(locks_.size() == 1 ? text : printable(locks_[lock_]) + " is " + text);
      });
}

}  // namespace pawl::cli

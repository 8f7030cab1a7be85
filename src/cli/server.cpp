// SPDX-License-Identifier: Apache-2.0
#include "cli/server.hpp"

#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

std::string text_of(const client::ServerAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + address.port;
}

Failure unreachable(const std::string& reasons) {
  return {exit_unreachable, "cannot reach " + reasons};
}

void add_reason(std::string& reasons, const std::string& server, const Unreachable& error) {
  if (!reasons.empty()) reasons += "; ";
  reasons += printable(server) + ": " + error.what();
}

}  // namespace

bool is_elsewhere(const client::ReplyLine& reply) {
  return reply.kind == client::ReplyLine::Kind::error &&
         (reply.word == "NOT_PRIMARY" || reply.word == "SHUTTING_DOWN");
}

std::uint64_t number_in(const client::ReplyLine& reply, std::string_view key) {
  const auto number = reply.number(key);
  if (number) return *number;
  throw Failure(exit_refused,
                "the reply makes no sense: an OK whose " + std::string(key) + "= is no number");
}

client::ReplyLine parse(std::string_view line) {
  auto reply = client::parse_reply_line(line);
  if (!reply) throw Unreachable("what answers there is no pawld");
  return *std::move(reply);
}

Server::Server(const Globals& globals) : timeout_(globals.timeout_ms) {
  auto addresses = client::parse_server_addresses(globals.servers);
  if (!addresses) {
    throw Failure(exit_usage, "not host:port[,host:port...]: " + in_quotes(globals.servers));
  }
  addresses_ = *std::move(addresses);
}

std::string Server::name() const { return text_of(addresses_[current_]); }

Connection& Server::connect_next() {
  connection_.reset();
  current_ = next_;
  next_ = (next_ + 1) % addresses_.size();
  connection_ = std::make_unique<Connection>(loop_, addresses_[current_], timeout_);
  return *connection_;
}

Connection& Server::connect() {
  std::string reasons;
  for (std::size_t tried = 0; !connection_ && tried < count(); ++tried) {
    try {
      connect_next();
    } catch (const Unreachable& error) {
      add_reason(reasons, name(), error);
    }
  }
  if (!connection_) throw unreachable(reasons);
  return *connection_;
}

client::ReplyLine Server::ask_connected(const std::string& line) {
  connection_->send(line);
  const auto reply = connection_->read_line(timeout_);
  if (!reply) throw Unreachable("no reply in time");
  return parse(*reply);
}

client::ReplyLine Server::ask_either(const client::RequestLine& request) {
  std::string reasons;
  std::optional<client::ReplyLine> elsewhere;
  was_repeated_ = false;
  // A connection that stood and breaks is no reason against its server: one attempt more.
  const std::size_t attempts = count() + (connection_ ? 1 : 0);
  for (std::size_t attempt = 0; attempt < attempts; ++attempt) {
    bool is_sent = false;
    try {
      if (!connection_) connect_next();
      is_sent = true;
      client::ReplyLine reply = ask_connected(request.text());
      if (!is_elsewhere(reply)) return reply;
      elsewhere = std::move(reply);
    } catch (const Unreachable& error) {
      add_reason(reasons, name(), error);
      was_repeated_ = was_repeated_ || is_sent;
    }
    connection_.reset();
  }
  if (elsewhere) return *std::move(elsewhere);
  throw unreachable(reasons);
}

client::ReplyLine Server::ask(const client::RequestLine& request) {
  client::ReplyLine reply = ask_either(request);
  if (reply.kind == client::ReplyLine::Kind::error) throw failure_of(reply);
  return reply;
}

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/server.hpp"

#include <algorithm>

#include "cli/text/printable.hpp"

namespace pawl::cli {
namespace {

using Clock = std::chrono::steady_clock;

Trouble trouble_of(const Unreachable& why, bool was_asked) {
  if (dynamic_cast<const Silent*>(&why) != nullptr) return Trouble::silent;
  if (dynamic_cast<const NoPawld*>(&why) != nullptr) return Trouble::refused;
  return was_asked ? Trouble::broken : Trouble::refused;
}

std::string tag_of(const std::string& line) {
  return line.starts_with('#') ? line.substr(1, line.find(' ') - 1) : std::string();
}

}  // namespace

bool is_elsewhere(const client::ReplyLine& reply) {
  return reply.kind == client::ReplyLine::Kind::error &&
         (reply.word == "NOT_PRIMARY" || reply.word == "SHUTTING_DOWN" ||
          reply.word == "NO_QUORUM");
}

std::vector<client::ServerAddress> servers_of(const Globals& globals) {
  auto addresses = client::parse_server_addresses(globals.servers);
  if (addresses) return *std::move(addresses);
  throw Failure(exit_usage, "not host:port[,host:port...]: " + in_quotes(globals.servers));
}

std::uint64_t number_in(const client::ReplyLine& reply, std::string_view key) {
  const auto number = reply.number(key);
  if (number) return *number;
  throw Failure(exit_refused,
                "the reply makes no sense: an OK whose " + std::string(key) + "= is no number");
}

client::ReplyLine parse(std::string_view line) {
  auto reply = client::parse_reply_line(line);
  if (!reply) throw NoPawld();
  return *std::move(reply);
}

Server::Server(const Globals& globals)
    : timeout_(globals.timeout_ms), rounds_(servers_of(globals), timeout_, std::random_device{}()) {
  begin();
}

std::string Server::name() const { return client::to_text(current_); }

void Server::begin() {
  rounds_.begin(Clock::now());
  reasons_.clear();
  said_.reset();
}

Connection& Server::connect_next() {
  connection_.reset();
  current_ = rounds_.next();
  connection_ = std::make_unique<Connection>(loop_, current_, rounds_.to_connect(Clock::now()));
  return *connection_;
}

bool Server::go_on(Trouble trouble, std::string_view primary) {
  connection_.reset();
  const auto pause = rounds_.failed(Clock::now(), trouble, primary);
  if (pause && pause->count() > 0) loop_.pause(*pause);
  return pause.has_value();
}

bool Server::try_elsewhere(const client::ReplyLine& said) {
  said_ = said;
  const auto primary = said.word == "NOT_PRIMARY" ? said.field("primary") : std::nullopt;
  return go_on(Trouble::elsewhere, primary.value_or(""));
}

bool Server::try_elsewhere(const Unreachable& why, bool was_asked) {
  const auto known = std::find_if(reasons_.begin(), reasons_.end(),
                                  [this](const auto& reason) { return reason.first == name(); });
  if (known == reasons_.end()) {
    reasons_.emplace_back(name(), why.what());
  } else {
    known->second = why.what();
  }
  return go_on(trouble_of(why, was_asked), {});
}

// What a server said is worth more than that others said nothing.
Failure Server::failure() const {
  if (said_) return failure_of(*said_);
  std::string reasons;
  for (const auto& [server, why] : reasons_) {
    if (!reasons.empty()) reasons += "; ";
    reasons += printable(server) + ": " + why;
  }
  return {exit_unreachable, "cannot reach " + reasons};
}

Connection& Server::connect() {
  while (!connection_) {
    try {
      connect_next();
    } catch (const Unreachable& error) {
      if (!try_elsewhere(error, false)) throw failure();
    }
  }
  return *connection_;
}

client::ReplyLine Server::ask_connected(const std::string& line) {
  connection_->send(line);
  for (;;) {
    const auto read = connection_->read_line(rounds_.to_answer(Clock::now()));
    if (!read) throw Silent();
    client::ReplyLine reply = parse(*read);
    if (reply.tag == tag_of(line) && reply.kind != client::ReplyLine::Kind::event) return reply;
  }
}

client::ReplyLine Server::ask_either(const client::RequestLine& request, Repeat repeat) {
  was_repeated_ = false;
  begin();
  for (;;) {
    bool is_sent = false;
    try {
      if (!connection_) connect_next();
      is_sent = true;
      client::ReplyLine reply = ask_connected(request.text());
      const bool is_unknown = reply.word == "NO_QUORUM";
      if (!is_elsewhere(reply) || repeat == Repeat::never) return reply;
      if (is_unknown && repeat == Repeat::if_certain) return reply;
      was_repeated_ = was_repeated_ || is_unknown;
      if (!try_elsewhere(reply)) return reply;
    } catch (const Unreachable& error) {
      was_repeated_ = was_repeated_ || is_sent;
      const bool goes_on = try_elsewhere(error, is_sent);
      if (is_sent && repeat != Repeat::freely) throw;
      if (goes_on) continue;
      if (said_) return *said_;
      throw failure();
    }
  }
}

client::ReplyLine Server::ask(const client::RequestLine& request) {
  client::ReplyLine reply = ask_either(request);
  if (reply.kind == client::ReplyLine::Kind::error) throw failure_of(reply);
  return reply;
}

}  // namespace pawl::cli

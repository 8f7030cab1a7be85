// SPDX-License-Identifier: Apache-2.0
#include "client/asking/asker.hpp"

#include <algorithm>
#include <random>

namespace pawl::client {
namespace {

using Clock = std::chrono::steady_clock;

bool is_turned_away(const NoAnswer& why) {
  return dynamic_cast<const TurnedAway*>(&why) != nullptr;
}

Trouble trouble_of(const NoAnswer& why, bool was_asked) {
  if (dynamic_cast<const Silent*>(&why) != nullptr) return Trouble::silent;
  if (dynamic_cast<const NoPawld*>(&why) != nullptr || is_turned_away(why)) return Trouble::refused;
  return was_asked ? Trouble::broken : Trouble::refused;
}

std::string tag_of(const std::string& line) {
  return line.starts_with('#') ? line.substr(1, line.find(' ') - 1) : std::string();
}

}  // namespace

bool is_elsewhere(const ReplyLine& reply) {
  return reply.kind == ReplyLine::Kind::error &&
         (reply.word == "NOT_PRIMARY" || reply.word == "SHUTTING_DOWN" ||
          reply.word == "NO_QUORUM");
}

Asker::Asker(std::vector<ServerAddress> servers, std::chrono::milliseconds timeout, Access access)
    : timeout_(timeout),
      access_(std::move(access)),
      rounds_(std::move(servers), timeout, std::random_device{}()) {
  begin();
}

void Asker::begin() {
  rounds_.begin(Clock::now());
  reasons_.clear();
  said_.reset();
}

Connection& Asker::connect_next() {
  connection_.reset();
  current_ = rounds_.next();
  const auto patience = rounds_.to_connect(Clock::now());
  connection_ = std::make_unique<Connection>(loop_, current_, access_, patience);
  return *connection_;
}

// A connection that was told who asks, and does not know it any more, is one whose server has other
// users now; the next one tells whether it is among them.
bool Asker::is_passing(const ReplyLine& reply) const {
  if (is_elsewhere(reply)) return true;
  const bool is_error = reply.kind == ReplyLine::Kind::error;
  return is_error && reply.word == "UNAUTHENTICATED" && !access_.user.empty();
}

bool Asker::go_on(Trouble trouble, std::string_view primary) {
  connection_.reset();
  const auto pause = rounds_.failed(Clock::now(), trouble, primary);
  if (pause && pause->count() > 0) loop_.pause(*pause);
  return pause.has_value();
}

bool Asker::try_elsewhere(const ReplyLine& said) {
  said_ = said;
  const auto primary = said.word == "NOT_PRIMARY" ? said.field("primary") : std::nullopt;
  return go_on(Trouble::elsewhere, primary.value_or(""));
}

bool Asker::try_elsewhere(const NoAnswer& why, bool was_asked) {
  const auto known = std::find_if(reasons_.begin(), reasons_.end(),
                                  [this](const auto& reason) { return reason.first == current_; });
  if (known == reasons_.end()) {
    reasons_.emplace_back(current_, why.what());
  } else {
    known->second = why.what();
  }
  return go_on(trouble_of(why, was_asked), {});
}

// What a server said is worth more than that others said nothing.
ReplyLine Asker::last_word() const {
  if (!said_) throw unreachable();
  return *said_;
}

Unreachable Asker::unreachable() const {
  std::string reasons;
  for (const auto& [server, why] : reasons_) {
    if (!reasons.empty()) reasons += "; ";
    reasons += to_text(server) + ": " + why;
  }
  return Unreachable("cannot reach " + reasons);
}

Connection& Asker::connect() {
  while (!connection_) {
    try {
      connect_next();
    } catch (const NoAnswer& error) {
      if (!try_elsewhere(error, false)) throw unreachable();
    }
  }
  return *connection_;
}

ReplyLine Asker::ask_connected(const std::string& line) {
  connection_->send(line);
  for (;;) {
    const auto read = connection_->read_line(rounds_.to_answer(Clock::now()));
    if (!read) throw Silent();
    ReplyLine reply = reply_in(*read);
    if (reply.tag == tag_of(line) && reply.kind != ReplyLine::Kind::event) return reply;
  }
}

ReplyLine Asker::ask(const RequestLine& request, Repeat repeat) {
  was_repeated_ = false;
  begin();
  for (;;) {
    bool is_sent = false;
    try {
      if (!connection_) connect_next();
      is_sent = true;
      ReplyLine reply = ask_connected(request.text());
      const bool is_unknown = reply.word == "NO_QUORUM";
      if (!is_passing(reply) || repeat == Repeat::never) return reply;
      if (is_unknown && repeat == Repeat::if_certain) return reply;
      was_repeated_ = was_repeated_ || is_unknown;
      if (!try_elsewhere(reply)) return reply;
    } catch (const NoAnswer& error) {
      const bool may_be_done = is_sent && !is_turned_away(error);
      was_repeated_ = was_repeated_ || may_be_done;
      const bool goes_on = try_elsewhere(error, may_be_done);
      if (may_be_done && repeat != Repeat::freely) throw;
      if (!goes_on) return last_word();
    }
  }
}

}  // namespace pawl::client

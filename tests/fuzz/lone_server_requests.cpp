// SPDX-License-Identifier: Apache-2.0
//
// From the bytes of a connection to what the node is asked: as src/server/server_requests.cpp and
// server_resp.cpp have it.
#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "lone_server.hpp"
#include "server/refusals.hpp"

namespace pawl::fuzz {

// True: something was stepped.
bool LoneServer::work(Connection& connection) {
  bool busy = false;
  if (connection.at_first_byte && !connection.pending.empty()) {
    connection.at_first_byte = false;
    connection.speaks_resp = connection.pending.front() == '*';
  }
  while (!connection.parked && connection.known) {
    const bool stepped = connection.speaks_resp ? step_command(connection) : step_line(connection);
    if (!stepped) break;
    busy = true;
  }
  if (connection.input_ends && !connection.parked && !connection.ending) finish_input(connection);
  return busy;
}

bool LoneServer::step_line(Connection& connection) {
  if (connection.ending && connection.begun == 0) return false;
  const std::size_t end = connection.pending.find('\n');
  if (end == std::string::npos) {
    if (connection.pending.size() < settings_.limits.line) return false;
    refuse(connection, server::too_long(settings_.limits.line));
    return true;
  }
  // In a block of its own length: a read past it is seen.
  const std::string text = connection.pending.substr(0, end);
  wire::Line line = parser_.parse(text);
  if (line.kind == wire::LineKind::foreign) {
    connection.ending = true;
    connection.known = false;
    connection.unanswered.clear();
    step(node::Disconnected{connection.id});
    return true;
  }
  if (line.kind != wire::LineKind::empty) {
    RequestNumber number = std::exchange(connection.begun, 0);
    if (number == 0) {
      number = ++connection.last_request;
      if (!connection.outbox.begin(number, line.tag)) {
        refuse(connection, server::tag_in_use(line.tag));
        return true;
      }
      connection.unanswered.insert(number);
    }
    std::string secret;
    if (auto* open = std::get_if<request::Open>(&line.request); open && open->id.empty()) {
      secret = "secret" + std::to_string(++secrets_);
      open->secret = secret;
    }
    ask(connection, number, line.request);
    if (actions_.parked) {
      connection.begun = number;
      return true;
    }
    if (line.kind == wire::LineKind::poison && !connection.ending) finish_input(connection);
  }
  connection.pending.erase(0, end + 1);
  return true;
}

bool LoneServer::step_command(Connection& connection) {
  if (connection.to_step) return go_on_asking(connection);
  if (connection.ending) return false;
  const std::string pending = connection.pending;
  const wire::resp::Taken taken = wire::resp::take_command(pending, words_);
  if (taken.progress == wire::resp::Progress::broken) {
    refuse(connection, "-ERR Protocol error: " + std::string(taken.problem) + "\r\n");
    return true;
  }
  if (taken.progress == wire::resp::Progress::partial) return false;
  connection.pending.erase(0, taken.size);
  if (words_.empty()) return true;
  const RequestNumber number = ++connection.last_request;
  ensure(connection.outbox.begin(number, {}));
  std::string answer;
  auto exchange = interpreter_.interpret(words_, connection.speaker, answer);
  if (exchange == nullptr) {
    connection.outbox.reply(number, [&](std::string& out, std::string_view) { out += answer; });
    return true;
  }
  connection.asked.push_back({number, std::move(exchange)});
  connection.to_step = true;
  return go_on_asking(connection);
}

bool LoneServer::go_on_asking(Connection& connection) {
  connection.to_step = false;
  const RequestNumber number = connection.asked.back().number;
  Request& request = *connection.asked.back().exchange->request();
  std::string secret;
  if (auto* open = std::get_if<request::Open>(&request); open && open->id.empty()) {
    secret = "secret" + std::to_string(++secrets_);
    open->secret = secret;
  }
  connection.unanswered.insert(number);
  ask(connection, number, request);
  if (actions_.parked) {
    connection.to_step = true;
  } else if (!connection.to_step) {
    connection.parked = !connection.asked.empty() && connection.asked.back().number == number &&
                        connection.asked.back().exchange->may_go_on();
  }
  return true;
}

void LoneServer::ask(Connection& connection, RequestNumber number, Request& request) {
  const ConnectionId id = connection.id;
  if (auto* auth = std::get_if<request::Auth>(&request)) {
    auth->is_right = auth->secret == right_secret;
  }
  const access::Access& access = settings_.access;
  const bool may_something =
      !access.is_on() || !access.anonymous.empty() || !node_.user_of(id).empty();
  connection.stranger = connection.stranger && !may_something;
  step(node::ClientRequest{{id, number}, &request});
  if (!actions_.parked) return;
  // What it waits for may have happened in the same step.
  const auto& resumed = actions_.resumed;
  connection.parked = std::find(resumed.begin(), resumed.end(), id) == resumed.end();
}

void LoneServer::refuse(Connection& connection, std::string_view line) {
  connection.pending.clear();
  finish_input(connection);
  say(connection, line);
}

void LoneServer::say(Connection& connection, std::string_view line) {
  const RequestNumber number = ++connection.last_request;
  ensure(connection.outbox.begin(number, {}));
  connection.outbox.reply(number, [&](std::string& out, std::string_view) { out += line; });
}

void LoneServer::finish_input(Connection& connection) {
  connection.ending = true;
  if (connection.known) step(node::InputEnded{connection.id});
}

}  // namespace pawl::fuzz

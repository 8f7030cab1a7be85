// SPDX-License-Identifier: Apache-2.0
//
// The server's way of a Redis client's command: from the bytes read to the answer in the outbox.
#include <algorithm>

#include "server/going.hpp"
#include "server/server.hpp"
#include "wire/resp/command.hpp"

namespace pawl::server {

using wire::resp::Progress;

void Server::step_commands(Connection& connection, std::string_view& rest) {
  if (connection.resp->relay) return pass_on(connection, rest);
  go_on_asking(connection);
  Going going(connection, rest, loop_);
  while (may_step(connection)) {
    const wire::resp::Taken taken = wire::resp::take_command(rest, words_);
    if (taken.progress == Progress::broken) return refuse_command(connection, taken.problem);
    const bool whole = taken.progress == Progress::whole;
    if ((whole ? taken.size : rest.size()) > limits_of(connection).line) {
      return refuse_command(connection, "a command has too many bytes (limits.line)");
    }
    if (!whole) return;
    if (going.is_over()) return list_work(connection);
    if (!words_.empty() && step_command(connection)) going.was_costly();
    rest.remove_prefix(taken.size);
    connection.half_line_since = never;
  }
}

// True: it asked the node, perhaps for all the holders of a lock.
bool Server::step_command(Connection& connection) {
  RespTalk& talk = *connection.resp;
  const RequestNumber number = connection.next_number();
  static_cast<void>(connection.outbox.begin(number, {}));
  std::string answer;
  auto exchange = redis_->interpret(words_, talk.speaker, answer);
  if (exchange == nullptr) {
    const auto append = [&](std::string& out, std::string_view) { out += answer; };
    if (Connection* const open = receiver(connection.id)) open->outbox.reply(number, append);
    const std::string script = redis_->take_unknown_script();
    if (!script.empty() && said_scripts_.may_say(script, loop_.now())) {
      log_.warn("a Redis client sent a script that is not known", {{"begins", script}});
    }
    return false;
  }
  talk.asked.push_back({number, std::move(exchange)});
  talk.to_step = true;
  go_on_asking(connection);
  return true;
}

// Steps what the newest command asks, until it is answered or must wait: for the node, or, as a
// command may look at many locks of many holders, for the others to have their turn.
void Server::go_on_asking(Connection& connection) {
  RespTalk& talk = *connection.resp;
  for (bool first = true; std::exchange(talk.to_step, false); first = false) {
    if (!first && loop_.budget_is_spent()) {
      talk.to_step = true;
      connection.parked = true;
      return list_work(connection);
    }
    const RequestNumber number = talk.asked.back().number;
    Request& request = *talk.asked.back().exchange->request();
    const std::size_t kind = request.index();  // answered, the request is gone
    step_asked(connection, number, request);
    if (!actions_.parked) {
      ++counts_.requests[kind];
      continue;
    }
    talk.to_step = true;
    const auto& resumed = actions_.resumed;
    if (std::find(resumed.begin(), resumed.end(), connection.id) == resumed.end()) {
      connection.parked = true;
      return;
    }
  }
  connection.parked = !talk.asked.empty() && talk.asked.back().exchange->may_go_on();
}

void Server::answer(Connection& connection, const Reply& reply) {
  RespTalk& talk = *connection.resp;
  const auto asked = std::find_if(talk.asked.begin(), talk.asked.end(),
                                  [&](const auto& one) { return one.number == reply.to.request; });
  if (asked == talk.asked.end()) return;
  const bool is_newest = asked + 1 == talk.asked.end();
  std::string answer;
  if (asked->exchange->on(reply.body, answer)) {
    talk.asked.erase(asked);
    connection.outbox.reply(reply.to.request,
                            [&](std::string& out, std::string_view) { out += answer; });
  } else {
    talk.to_step = true;
  }
  if (is_newest && std::exchange(connection.parked, false)) list_work(connection);
}

// What is behind it cannot be told from it any more.
void Server::refuse_command(Connection& connection, std::string_view why) {
  refuse(connection, ErrorCode::bad_request, "-ERR Protocol error: " + std::string(why) + "\r\n");
}

}  // namespace pawl::server

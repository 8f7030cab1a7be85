// SPDX-License-Identifier: Apache-2.0
//
// The server's way of a request: from the bytes read to the answer in the outbox.
#include <algorithm>
#include <chrono>
#include <optional>

#include "base/ensure.hpp"
#include "server/going.hpp"
#include "server/refusals.hpp"
#include "server/secret.hpp"
#include "server/server.hpp"
#include "wire/reply.hpp"
#include "wire/resp/answer.hpp"

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

constexpr Span peer_check = 1s;

bool is_long_to_answer(const Request& request) {
  return std::holds_alternative<request::List>(request) ||
         std::holds_alternative<request::Sessions>(request) ||
         std::holds_alternative<request::Show>(request) ||
         std::holds_alternative<request::Help>(request);
}

}  // namespace

// `rest` is what this connection has sent and nobody has stepped: in the buffer or in `pending`.
void Server::work(Connection& connection, std::string_view rest) {
  if (connection.at_first_byte && !rest.empty()) note_first_bytes(connection, rest);
  if (connection.resp != nullptr) {
    step_commands(connection, rest);
    keep(connection, rest);
  } else if (step_lines(connection, rest)) {
    keep(connection, rest);
  }
}

void Server::note_first_bytes(Connection& connection, std::string_view bytes) {
  connection.at_first_byte = false;
  if (bytes.front() != '*') return;
  if (redis_ == nullptr) return refuse(connection, ErrorCode::unknown_command, no_resp);
  connection.resp = std::make_unique<RespTalk>();
  connection.resp->speaker.number = ++counts_.redis_clients;
  if (forwards_ && !bytes.starts_with(relay_mark)) relay(connection);
}

// False: the connection is gone.
bool Server::step_lines(Connection& connection, std::string_view& rest) {
  Going going(connection, rest, loop_);
  while (!rest.empty() && may_step(connection)) {
    const std::size_t end = rest.find('\n');
    const std::size_t size = end == rest.npos ? rest.size() : end;
    const std::uint32_t most = limits_of(connection).line;
    if (size >= most) {
      refuse(connection, ErrorCode::too_long, too_long(most));
      break;
    }
    if (end == rest.npos) break;
    if (going.is_over()) {
      list_work(connection);
      break;
    }
    const Taken taken = take_line(connection, rest.substr(0, size));
    if (taken == Taken::gone) return false;
    if (taken == Taken::parked || taken == Taken::later) break;
    if (taken == Taken::resumed) continue;
    rest.remove_prefix(size + 1);
    connection.half_line_since = never;
  }
  return true;
}

Server::Taken Server::take_line(Connection& connection, std::string_view text) {
  wire::Line line = parser_.parse(text);
  switch (line.kind) {
    case wire::LineKind::empty: return Taken::stepped;
    case wire::LineKind::foreign: disconnect(connection); return Taken::gone;
    case wire::LineKind::request:
      if (must_wait(connection, line.request)) return Taken::later;
      return step_request(connection, line);
    case wire::LineKind::poison: {
      const Taken taken = step_request(connection, line);
      if (taken == Taken::stepped && connection.state == Connection::State::open) {
        end_input(connection);
      }
      return taken;
    }
  }
  return Taken::stepped;
}

bool Server::may_step(const Connection& connection) const {
  const Limits& limits = limits_of(connection);
  return connection.may_step(limits, unread_.allowed(limits));
}

// Who looks comes behind who locks, and waits while clients read too little of what they are told.
bool Server::must_wait(Connection& connection, const Request& request) {
  connection.put_off = false;
  if (!is_long_to_answer(request) || connection.begun != 0) return false;
  if (connection.just_read) {
    list_work(connection);
    return true;
  }
  connection.put_off = unread_.is_too_much();
  return connection.put_off;
}

Server::Taken Server::step_request(Connection& connection, wire::Line& line) {
  RequestNumber number = std::exchange(connection.begun, 0);
  if (number == 0) {
    number = connection.next_number();
    if (!connection.outbox.begin(number, line.tag)) {
      refuse(connection, ErrorCode::bad_request, tag_in_use(line.tag));
      return Taken::stepped;
    }
  }
  step_asked(connection, number, line.request);
  if (actions_.parked) {
    connection.begun = number;
    // What it waited for may have happened in the same step.
    const auto& resumed = actions_.resumed;
    if (std::find(resumed.begin(), resumed.end(), connection.id) != resumed.end()) {
      return Taken::resumed;
    }
    connection.parked = true;
    return Taken::parked;
  }
  ++counts_.requests[line.request.index()];
  if (std::holds_alternative<request::Lock>(line.request)) connection.outbox.exempt_last();
  return Taken::stepped;
}

// What the node cannot know it is given: a secret that was drawn, whether a secret is right.
void Server::step_asked(Connection& connection, RequestNumber number, Request& request) {
  std::optional<Secret> secret;
  if (auto* open = std::get_if<request::Open>(&request); open != nullptr && open->id.empty()) {
    open->secret = secret.emplace().text();
  } else if (auto* auth = std::get_if<request::Auth>(&request)) {
    auth->is_right = authenticator_.is_right(auth->user, auth->secret);
  }
  const Origin from{connection.id, number};
  if (Audit::concerns(request)) audit_.asked(from, request, client_of(connection));
  asked_ = {from, &request};
  step(node::ClientRequest{from, &request});
  asked_ = {};
  note_known(connection);
}

void Server::note_known(Connection& connection) {
  if (connection.is_stranger() && !node_.user_of(connection.id).empty()) {
    connection.known_by = never;
  }
}

// It asked for what everybody may of one's own: that it was another's is seen by the step.
void Server::note_operator() {
  Connection* const connection = connections_.find(asked_.from.connection);
  ensure(connection != nullptr && asked_.request != nullptr);
  audit_.asked(asked_.from, *asked_.request, client_of(*connection));
}

void Server::note_error(const Reply& reply, ErrorCode code) {
  counts_.count(code);
  if (code != ErrorCode::unauthenticated && code != ErrorCode::forbidden) return;
  // A step may answer others, too, whose requests are gone.
  const bool is_of_asked =
      asked_.request != nullptr && reply.to.connection == asked_.from.connection;
  Connection* const connection = is_of_asked ? connections_.find(reply.to.connection) : nullptr;
  if (connection == nullptr) return;
  audit_.denied(*asked_.request, client_of(*connection), code, loop_.now());
}

Client Server::client_of(const Connection& connection) const {
  return {node_.user_of(connection.id), connection.address.to_string()};
}

// What could not be stepped now stays with the connection; the read buffer is everybody's.
void Server::keep(Connection& connection, std::string_view rest) {
  const bool open = connection.state == Connection::State::open;
  if (!open || rest.empty()) {
    if (!connection.pending.empty()) spares_.give(std::exchange(connection.pending, {}));
    connection.stepped = 0;
  } else if (connection.owns(rest)) {
    connection.stepped = connection.pending.size() - rest.size();
  } else {
    if (connection.pending.capacity() < rest.size()) {
      spares_.give(std::exchange(connection.pending, spares_.take()));
    }
    connection.pending.assign(rest);
    connection.stepped = 0;
  }
  unread_.count(connection.counted, connection.outbox.unread_bytes());
  const bool waits = connection.work_listed || connection.put_off;
  connection.blocked = open && (waits || !may_step(connection));
  const bool half = !rest.empty() || connection.socket.is_midway();
  const bool half_line = open && !connection.blocked && half;
  connection.look_at = never;
  connection.half_line_since =
      half_line ? std::min(connection.half_line_since, loop_.now()) : never;
  if (connection.blocked) {
    const bool is_asked_of = connection.put_off || !connection.peer_finished;
    const bool look = !connection.work_listed && is_asked_of;
    if (look) connection.look_at = loop_.now() + peer_check;
  } else if (open) {
    wait_readable(connection);
  }
  if (!connection.output_listed) arm(connection);  // else when it is written
}

// What is left of the turn; but a step forward in every turn, or those who send little could hold
// up for ever who sends much.
void Server::work_listed() {
  while (!to_work_.empty()) {
    if (Connection* connection = connections_.find(to_work_.take())) go_on(*connection);
    if (loop_.budget_is_spent()) break;
  }
  greet_listed();
}

void Server::go_on(Connection& connection) {
  connection.work_listed = false;
  if (connection.socket.is_handshaking()) return shake_hands(connection);
  connection.just_read = false;
  if (connection.state == Connection::State::ending && connection.resp != nullptr) {
    go_on_asking(connection);
    return list_output(connection);
  }
  if (connection.state == Connection::State::ending && connection.begun) {
    return answer_parked(connection);
  }
  if (connection.state != Connection::State::open || !connection.blocked) return;
  work(connection, connection.unstepped());
}

// The server ends it (a drain), but this request was taken up: it is stepped until it is answered.
void Server::answer_parked(Connection& connection) {
  std::string_view line = connection.unstepped();
  line = line.substr(0, line.find('\n'));
  const Taken taken = take_line(connection, line);
  if (taken == Taken::resumed) list_work(connection);
  if (taken == Taken::stepped) list_output(connection);
}

void Server::end_input(Connection& connection) {
  connection.state = Connection::State::ending;
  list_output(connection);
  step(node::InputEnded{connection.id});
}

// A line that is no answer of the node's, after all that is due; then the connection ends.
void Server::refuse(Connection& connection, ErrorCode code, std::string_view line) {
  counts_.count(code);
  end_input(connection);
  say(connection, line);
}

void Server::say(Connection& connection, std::string_view line) {
  list_output(connection);
  const RequestNumber number = connection.next_number();
  static_cast<void>(connection.outbox.begin(number, {}));
  connection.outbox.reply(number, [&](std::string& out, std::string_view) { out += line; });
}

void Server::step(const node::Event& event) {
  actions_.clear();
  node_.step(loop_.now(), event, actions_);
  append_ = append_ || actions_.append;
  if (actions_.as_operator) note_operator();
  store_.want(actions_);
  speak();
  deliver();
}

void Server::deliver() {
  for (const Reply& reply : actions_.replies) {
    if (const auto* error = std::get_if<reply::Error>(&reply.body)) note_error(reply, error->code);
    if (audit_.awaits_answers()) audit_.answered(reply, loop_.now());
    if (Connection* connection = receiver(reply.to.connection)) {
      if (connection->resp != nullptr) {
        answer(*connection, reply);
        continue;
      }
      connection->outbox.reply(reply.to.request, [&](std::string& out, std::string_view tag) {
        wire::format_reply(out, tag, reply.body);
      });
    }
  }
  for (const Push& push : actions_.pushes) {
    Connection* connection = receiver(push.connection);
    if (connection == nullptr) continue;
    connection->overrun = is_behind(*connection);
    if (!connection->overrun) {
      const bool own = push.cause.connection == push.connection;
      connection->outbox.event(own ? push.cause.request : 0,
                               [&](std::string& out) { wire::format_event(out, push.body); });
    }
  }
  for (const Announcement& announcement : actions_.announcements) announce(announcement);
  for (const LastLine& last : actions_.last_lines) {
    if (Connection* connection = receiver(last.connection)) {
      connection->cause = node::DisconnectCause::server;
      std::string line;
      if (connection->resp != nullptr) {
        wire::resp::write_error({line, connection->resp->speaker.version}, last.error);
      } else {
        wire::format_reply(line, {}, last.error);
      }
      say(*connection, line);
    }
  }
  for (const ConnectionId id : actions_.closing) {
    if (Connection* connection = receiver(id)) connection->state = Connection::State::ending;
  }
  for (const ConnectionId id : actions_.resumed) {
    if (Connection* connection = connections_.find(id)) {
      connection->parked = false;
      list_work(*connection);
    }
  }
}

// One line, written once, however many watch.
void Server::announce(const Announcement& announcement) {
  line_.clear();
  wire::format_event(line_, announcement.what);
  for (const ConnectionId id : announcement.to) {
    Connection* connection = receiver(id);
    if (connection == nullptr || connection->unheard) continue;
    connection->unheard = is_behind(*connection);
    if (connection->unheard) continue;
    const bool own = announcement.cause.connection == id;
    connection->outbox.announce(own ? announcement.cause.request : 0, line_);
  }
}

Connection* Server::receiver(ConnectionId id) {
  Connection* connection = connections_.find(id);
  if (connection == nullptr || connection->overrun) return nullptr;
  if (connection->state == Connection::State::lingering) return nullptr;
  if (connection->outbox.wants_storage()) connection->outbox.lend_storage(spares_.take());
  list_output(*connection);
  return connection;
}

// Replies are bounded by what is read; events come whether anybody reads them or not. A burst of
// this very turn is first offered to the socket: only who does not take it is behind.
bool Server::is_behind(Connection& connection) {
  const std::uint64_t most = unread_.allowed(limits_of(connection));
  if (connection.outbox.unread_bytes() <= most) return false;
  bool broken = false;
  write_ready(connection, connection.outbox.ready_bytes(), broken);
  return broken || connection.outbox.unread_bytes() > most;
}

void Server::list_work(Connection& connection) {
  if (!std::exchange(connection.work_listed, true)) to_work_.add(connection.id);
}

void Server::list_output(Connection& connection) {
  if (!std::exchange(connection.output_listed, true)) to_write_.add(connection.id);
}

}  // namespace pawl::server

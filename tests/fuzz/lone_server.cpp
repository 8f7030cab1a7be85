// SPDX-License-Identifier: Apache-2.0
#include "lone_server.hpp"

#include <algorithm>
#include <utility>

#include "base/ensure.hpp"
#include "base/overloaded.hpp"
#include "client/reply_line.hpp"
#include "locks/record_codec.hpp"
#include "node/recovered.hpp"
#include "resp_value.hpp"
#include "same_state.hpp"
#include "server/refusals.hpp"
#include "wire/reply.hpp"

namespace pawl::fuzz {
namespace {

void check_output(std::string_view output, bool is_resp) {
  while (!output.empty()) {
    if (is_resp) {
      ensure(take_resp_value(output));
      continue;
    }
    const std::size_t end = output.find('\n');
    ensure(end != output.npos);
    ensure(client::parse_reply_line(output.substr(0, end)).has_value());
    output.remove_prefix(end + 1);
  }
}

}  // namespace

LoneServer::LoneServer(const Settings& settings)
    : settings_(settings), node_(settings, now_, 0, node::Recovery{0}.take()) {
  step(node::Tick{});
  flush(true);
}

void LoneServer::connect(std::size_t place) {
  if (connections_[place]) return;
  connections_[place] = std::make_unique<Connection>();
  const ConnectionId id{static_cast<std::uint32_t>(place), ++generations_[place]};
  connections_[place]->id = id;
  step(node::Connected{id, "10.0.0.1:" + std::to_string(place)});
  settle();
}

void LoneServer::send(std::size_t place, std::string_view bytes) {
  if (!connections_[place] || connections_[place]->input_ends) return;
  connections_[place]->pending += bytes;
  settle();
}

void LoneServer::end_input(std::size_t place) {
  if (!connections_[place]) return;
  connections_[place]->input_ends = true;
  settle();
}

void LoneServer::disconnect(std::size_t place) {
  const std::unique_ptr<Connection> gone = std::exchange(connections_[place], nullptr);
  if (!gone) return;
  gone->output += gone->outbox.ready();
  check_output(gone->output, gone->speaks_resp);
  if (gone->known) step(node::Disconnected{gone->id});
  settle();
}

void LoneServer::pass(Span span) {
  for (const Moment until = now_ + span; now_ < until;) {
    now_ = std::min(until, std::max(now_, node_.next_deadline()));
    step(node::Tick{});
    settle();
  }
}

void LoneServer::flush(bool all) {
  if (const auto meta = std::exchange(wanted_meta_, {})) step(*meta);
  const LogIndex applied = node_.replica().applied();
  const LogIndex last = all ? last_written_ : LogIndex{applied.value + 1};
  if (last > applied && last <= last_written_) step(node::Flushed{last});
  settle();
}

void LoneServer::configure(const Limits& limits) {
  settings_.limits = limits;
  step(node::Configured{settings_});
  settle();
}

void LoneServer::fill_disk(bool full) {
  step(node::DiskSpace{full});
  settle();
}

void LoneServer::drain() {
  step(node::Drain{});
  settle();
}

void LoneServer::end_conversations() {
  for (std::size_t place = 0; place < places; ++place) end_input(place);
  // What waits for the disk, for a moment, or for a scan of many locks.
  const auto is_over = [](const auto& connection) {
    return !connection || (connection->unanswered.empty() && !connection->known);
  };
  for (int turns = 0; !std::all_of(connections_.begin(), connections_.end(), is_over); ++turns) {
    ensure(turns < 100);
    flush(true);
    pass(std::chrono::milliseconds{10});
  }
  for (std::size_t place = 0; place < places; ++place) disconnect(place);
}

void LoneServer::let_all_expire() {
  const auto is_empty = [this] {
    const locks::LockTable& table = node_.table();
    return table.lock_count() == 0 && table.waiter_count() == 0 && table.session_count() == 0;
  };
  for (int turns = 0; !is_empty(); ++turns) {
    const bool awaits_disk = node_.replica().applied() < last_written_ || wanted_meta_;
    ensure(turns < 10'000 && (awaits_disk || node_.next_deadline() != never));
    if (!awaits_disk) now_ = std::max(now_, node_.next_deadline());
    step(node::Tick{});
    flush(true);
  }
}

LoneServer::Connection* LoneServer::find(ConnectionId id) {
  Connection* const connection = connections_[id.slot].get();
  return connection != nullptr && connection->id == id ? connection : nullptr;
}

void LoneServer::settle() {
  for (int turns = 0;; ++turns) {
    ensure(turns < 10'000);  // what always wants one more turn never rests
    bool busy = false;
    for (const auto& connection : connections_) {
      if (connection) busy = work(*connection) || busy;
    }
    if (std::exchange(snapshot_part_due_, false)) {
      step(node::SnapshotPartTaken{});
      busy = true;
    }
    if (node_.next_deadline() <= now_) {
      step(node::Tick{});
      busy = true;
    }
    if (!busy && !close_settled()) return;
  }
}

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

void LoneServer::ask(Connection& connection, RequestNumber number, const Request& request) {
  const ConnectionId id = connection.id;
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

bool LoneServer::close_settled() {
  bool closed = false;
  for (const auto& connection : connections_) {
    if (!connection) continue;
    connection->output += connection->outbox.ready();
    connection->outbox.consume(connection->outbox.ready_bytes());
    if (!connection->known || !connection->ending || !connection->outbox.settled()) continue;
    ensure(connection->unanswered.empty());
    connection->known = false;
    closed = true;
    step(node::Disconnected{connection->id});
  }
  return closed;
}

void LoneServer::step(const node::Event& event) {
  actions_.clear();
  node_.step(now_, event, actions_);
  if (actions_.store_meta) wanted_meta_ = actions_.store_meta;
  if (actions_.snapshot) snapshot_part_due_ = true;
  node_.hand_over([this](const replication::Entry& entry) {
    ensure(entry.index.value == last_written_.value + 1);
    last_written_ = entry.index;
    written_.push_back({entry.index, entry.epoch, std::string(entry.bytes)});
  });
  compare_tables();
  deliver();
}

void LoneServer::deliver() {
  for (const Reply& reply : actions_.replies) answer(reply);
  for (const Push& push : actions_.pushes) {
    Connection* const to = find(push.connection);
    if (to == nullptr || to->speaks_resp) continue;
    const bool own = push.cause.connection == push.connection;
    to->outbox.event(own ? push.cause.request : 0,
                     [&](std::string& out) { wire::format_event(out, push.body); });
  }
  for (const Announcement& announcement : actions_.announcements) {
    std::string line;
    wire::format_event(line, announcement.what);
    for (const ConnectionId id : announcement.to) {
      const bool own = announcement.cause.connection == id;
      if (Connection* to = find(id))
        to->outbox.announce(own ? announcement.cause.request : 0, line);
    }
  }
  for (const LastLine& last : actions_.last_lines) {
    std::string line;
    wire::format_reply(line, {}, last.error);
    if (Connection* to = find(last.connection); to && !to->speaks_resp) say(*to, line);
  }
  for (const ConnectionId id : actions_.closing) {
    if (Connection* to = find(id)) to->ending = true;
  }
  for (const ConnectionId id : actions_.resumed) {
    if (Connection* to = find(id)) to->parked = false;
  }
}

void LoneServer::answer(const Reply& reply) {
  Connection* const to = find(reply.to.connection);
  if (to == nullptr) return;
  ensure(to->unanswered.erase(reply.to.request) == 1);
  if (!to->speaks_resp) {
    to->outbox.reply(reply.to.request, [&](std::string& out, std::string_view tag) {
      wire::format_reply(out, tag, reply.body);
    });
    return;
  }
  const auto asked = std::find_if(to->asked.begin(), to->asked.end(), [&](const Exchanged& one) {
    return one.number == reply.to.request;
  });
  ensure(asked != to->asked.end());
  const bool is_newest = asked + 1 == to->asked.end();
  std::string answer;
  if (asked->exchange->on(reply.body, answer)) {
    to->asked.erase(asked);
    to->outbox.reply(reply.to.request, [&](std::string& out, std::string_view) { out += answer; });
  } else {
    ensure(is_newest);
    to->to_step = true;
  }
  if (is_newest) to->parked = false;
}

void LoneServer::compare_tables() {
  const LogIndex applied = node_.replica().applied();
  if (written_.empty() || written_.front().index > applied) return;
  locks::RecordDecoder decoder;
  while (!written_.empty() && written_.front().index <= applied) {
    const auto record = decoder.decode(written_.front().bytes);
    ensure(record.has_value());
    naive_.apply(written_.front().epoch, *record);
    written_.pop_front();
  }
  ensure(locks::SameState(node_.table(), naive_).compare().empty());
}

}  // namespace pawl::fuzz

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

void LoneServer::let_in(const access::Access& access) {
  settings_.access = access;
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
    ensure(!to->stranger);
    const bool own = push.cause.connection == push.connection;
    to->outbox.event(own ? push.cause.request : 0,
                     [&](std::string& out) { wire::format_event(out, push.body); });
  }
  for (const Announcement& announcement : actions_.announcements) {
    std::string line;
    wire::format_event(line, announcement.what);
    for (const ConnectionId id : announcement.to) {
      const bool own = announcement.cause.connection == id;
      Connection* const to = find(id);
      if (to == nullptr) continue;
      ensure(!to->stranger);
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
  if (to->stranger) check_told(reply.body);
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

// Nothing of what is held, by whom, or whether there is such a thing.
void LoneServer::check_told(const ReplyBody& told) {
  std::visit(
      Overloaded{
          [](const reply::Done&) {}, [](const reply::Pong&) {}, [](const reply::Bye&) {},
          [](const reply::Help&) {}, [](const reply::Hello&) {}, [](const reply::Authenticated&) {},
          [](const reply::Error& error) {
            // CLOSE of what it does not have is its own affair.
            constexpr ErrorCode harmless[] = {ErrorCode::unauthenticated, ErrorCode::bad_request,
                                              ErrorCode::unknown_command, ErrorCode::no_session};
            ensure(std::count(std::begin(harmless), std::end(harmless), error.code) == 1);
          },
          [](const reply::Closed& closed) { ensure(closed.released == 0); },
          [](const auto&) { ensure(false); }},
      told);
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

// SPDX-License-Identifier: Apache-2.0
#include "node/core.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ensure.hpp"
#include "node/recovered.hpp"
#include "server/refusals.hpp"
#include "wire/reply.hpp"

namespace pawl::testing {

Core::Core(Settings settings, Flushing flushing)
    : flush_at_once_(flushing == Flushing::at_once), settings_(std::move(settings)) {
  node_.emplace(settings_, now_, 0);
  step(node::Tick{});
  flush();
}

void Core::connect(const std::string& who) {
  auto& client = clients_[who];
  ensure(client == nullptr);
  client = std::make_unique<Client>();
  client->id = {next_slot_++, generation_++};
  step(node::Connected{client->id, "127.0.0.1:" + std::to_string(40'000 + client->id.slot)});
  settle();
}

void Core::send(const std::string& who, std::string_view line) {
  if (!clients_.contains(who)) connect(who);
  Client& to = client(who);
  to.pending.emplace_back(line);
  work(to);
  settle();
}

void Core::end_input(const std::string& who) {
  Client& from = client(who);
  from.input_ends = true;
  work(from);
  settle();
}

void Core::disconnect(const std::string& who, node::DisconnectCause cause) {
  Client& gone = client(who);
  const node::Disconnected event{gone.id, cause};
  const bool known = gone.known;
  clients_.erase(who);
  if (known) step(event);
  settle();
}

std::optional<std::string> Core::read(const std::string& who) {
  std::string& output = client(who).output;
  const std::size_t end = output.find('\n');
  if (end == output.npos) return std::nullopt;
  std::string line = output.substr(0, end);
  output.erase(0, end + 1);
  return line;
}

bool Core::is_closed(const std::string& who) {
  const Client& asked = client(who);
  return !asked.known && asked.output.empty();
}

void Core::flush() {
  flush_one_step();
  settle();
}

void Core::flush_one_record() {
  flushed_ = LogIndex{node_->replica().applied().value + 1};
  step(node::Flushed{flushed_});
  settle();
}

bool Core::store_meta() {
  const auto wanted = std::exchange(wanted_meta_, {});
  if (!wanted) return false;
  step(*wanted);
  settle();
  return true;
}

void Core::restart(const Start& start) {
  const LogIndex last = std::min(start.last, flushed_);
  std::erase_if(written_, [&](const Written& record) { return record.index > last; });
  node::Recovery recovery(0);
  for (const Written& record : written_) {
    ensure(recovery.replay(record.index, record.epoch, record.bytes));
  }
  node::Recovered recovered = recovery.take();
  recovered.ceiling = start.ceiling;
  recovered.longest_ttl = start.longest_ttl;
  recovered.token_floor = start.token_floor;
  recovered.grace = start.grace;
  clients_.clear();
  wanted_meta_.reset();
  node_.emplace(settings_, now_, 0, std::move(recovered));
  step(node::Tick{});
  flush();
}

void Core::advance(Span span) {
  const Moment until = now_ + span;
  while (now_ < until) {
    now_ = std::min(until, node_->next_deadline());
    step(node::Tick{});
    settle();
  }
}

void Core::stall(Span span) {
  now_ += span;
  settle();
}

void Core::drain() {
  step(node::Drain{});
  settle();
}

void Core::configure(const Settings& settings) {
  settings_ = settings;
  step(node::Configured{settings});
}

void Core::fill_disk(bool full) { step(node::DiskSpace{full}); }

void Core::advance_one_step() {
  const Moment next = node_->next_deadline();
  if (next != never) now_ = std::max(now_, next);
  step(node::Tick{});
}

void Core::flush_one_step() {
  flushed_ = node_->replica().last();
  step(node::Flushed{flushed_});
}

std::string Core::ask(const std::string& who, std::string_view line) {
  send(who, line);
  flush();
  return read_or_nothing(who);
}

Core::Client& Core::client(const std::string& who) {
  const auto found = clients_.find(who);
  ensure(found != clients_.end());
  return *found->second;
}

Core::Client* Core::find(ConnectionId id) {
  const auto found = std::find_if(clients_.begin(), clients_.end(),
                                  [&](const auto& entry) { return entry.second->id == id; });
  return found == clients_.end() ? nullptr : found->second.get();
}

void Core::work(Client& client) {
  while (!client.parked && !client.ending && !client.pending.empty()) {
    const std::string text = client.pending.front();
    if (take_line(client, text)) client.pending.pop_front();
  }
  if (client.input_ends && !client.parked && !client.ending) finish_input(client);
}

// False: the request is parked and is to be stepped again.
bool Core::take_line(Client& client, const std::string& text) {
  if (std::exchange(client.at_first_byte, false) && text.starts_with('*')) {
    return refuse(client, server::no_resp);
  }
  if (text.size() >= settings_.limits.line)
    return refuse(client, server::too_long(settings_.limits.line));
  wire::Line line = parser_.parse(text);
  if (line.kind == wire::LineKind::empty) return true;
  if (line.kind == wire::LineKind::foreign) {
    client.ending = true;
    client.known = false;
    step(node::Disconnected{client.id});
    return true;
  }
  RequestNumber number = std::exchange(client.begun, 0);
  if (number == 0) {
    number = ++client.last_request;
    if (!client.outbox.begin(number, line.tag)) {
      return refuse(client, server::tag_in_use(line.tag));
    }
  }
  std::string secret;
  if (auto* open = std::get_if<request::Open>(&line.request); open != nullptr && open->id.empty()) {
    secret = "5ec4e7-" + std::to_string(++secrets_);
    open->secret = secret;
  } else if (auto* auth = std::get_if<request::Auth>(&line.request)) {
    auth->is_right = auth->secret == "of-" + std::string(auth->user);
  }
  node::Actions actions;
  step(node::ClientRequest{{client.id, number}, &line.request}, actions);
  client.parked = actions.parked;
  if (actions.parked) client.begun = number;
  deliver(actions);  // which may already name it as resumed
  if (actions.parked) return false;
  if (line.kind == wire::LineKind::poison) finish_input(client);
  return true;
}

// A line that is no answer of the node's, after all that is due; then the connection ends.
bool Core::refuse(Client& client, std::string_view line) {
  finish_input(client);
  say(client, line);
  return true;
}

void Core::say(Client& client, std::string_view line) {
  const RequestNumber number = ++client.last_request;
  static_cast<void>(client.outbox.begin(number, {}));
  client.outbox.reply(number, [&](std::string& out, std::string_view) { out += line; });
}

void Core::finish_input(Client& client) {
  client.ending = true;
  if (client.known) step(node::InputEnded{client.id});
}

void Core::step(const node::Event& event) {
  node::Actions actions;
  step(event, actions);
  deliver(actions);
}

void Core::step(const node::Event& event, node::Actions& actions) {
  node_->step(now_, event, actions);
  if (actions.store_meta) wanted_meta_ = actions.store_meta;
  if (settings_.durability == Durability::none) return;
  node_->hand_over([this](const replication::Entry& entry) {
    written_.push_back({entry.index, entry.epoch, std::string(entry.bytes)});
  });
}

void Core::deliver(const node::Actions& actions) {
  for (const Reply& reply : actions.replies) {
    if (Client* to = find(reply.to.connection)) {
      to->outbox.reply(reply.to.request, [&](std::string& out, std::string_view tag) {
        wire::format_reply(out, tag, reply.body);
      });
    }
  }
  for (const Push& push : actions.pushes) {
    if (Client* to = find(push.connection)) {
      const bool own = push.cause.connection == push.connection;
      to->outbox.event(own ? push.cause.request : 0,
                       [&](std::string& out) { wire::format_event(out, push.body); });
    }
  }
  for (const Announcement& announcement : actions.announcements) {
    std::string line;
    wire::format_event(line, announcement.what);
    for (const ConnectionId id : announcement.to) {
      const bool own = announcement.cause.connection == id;
      if (Client* to = find(id)) to->outbox.announce(own ? announcement.cause.request : 0, line);
    }
  }
  for (const LastLine& last : actions.last_lines) {
    std::string line;
    wire::format_reply(line, {}, last.error);
    Client* const to = find(last.connection);
    if (to == nullptr) continue;
    to->cause = node::DisconnectCause::server;
    say(*to, line);
  }
  for (const ConnectionId id : actions.closing) {
    if (Client* to = find(id)) to->ending = true;
  }
  for (const ConnectionId id : actions.resumed) {
    if (Client* to = find(id)) to->parked = false;
  }
}

bool Core::close_settled() {
  bool closed = false;
  for (auto& [who, client] : clients_) {
    client->output += client->outbox.ready();
    client->outbox.consume(client->outbox.ready_bytes());
    if (client->known && client->ending && client->outbox.settled()) {
      client->known = false;
      closed = true;
      step(node::Disconnected{client->id, client->cause});
    }
  }
  return closed;
}

// What can happen without time passing has happened.
void Core::settle() {
  for (int turns = 0;; ++turns) {
    ensure(turns < 100'000);  // a node that always wants one more turn never rests
    bool busy = false;
    if (!settles) break;
    for (auto& [who, client] : clients_) {
      if (client->parked || client->ending || client->pending.empty()) continue;
      work(*client);
      busy = true;
    }
    if (flush_at_once_ && node_->replica().in_flight() > 0) {
      flush_one_step();
      busy = true;
    }
    if (node_->next_deadline() <= now_) {
      step(node::Tick{});
      busy = true;
    }
    if (!busy && !close_settled()) return;
  }
  close_settled();
}

std::uint64_t field(std::string_view line, std::string_view key) {
  const std::string wanted = " " + std::string(key) + "=";
  const std::size_t at = line.find(wanted);
  std::uint64_t value = 0;
  if (at == line.npos) return value;
  std::from_chars(line.data() + at + wanted.size(), line.data() + line.size(), value);
  return value;
}

}  // namespace pawl::testing

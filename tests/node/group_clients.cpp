// SPDX-License-Identifier: Apache-2.0
//
// The clients of a group: lines to a node, and what comes back, in the order a shell keeps.
#include <utility>

#include "base/ensure.hpp"
#include "node/group.hpp"
#include "wire/reply.hpp"

namespace pawl::testing {

void Group::send(char name, std::string_view line, const std::string& who) {
  Machine& machine = nodes_.at(name);
  auto [at, is_new] = machine.clients.try_emplace(who);
  if (is_new) {
    at->second.id = {connections_, connections_ + 1};
    ++connections_;
    step(name, node::Connected{at->second.id, "127.0.0.1:4000"});
  }
  at->second.pending.emplace_back(line);
  work(name, who);
}

std::string Group::ask(char name, std::string_view line, const std::string& who) {
  send(name, line, who);
  settle();
  return read(name, who);
}

std::string Group::read(char name, const std::string& who) {
  std::deque<std::string>& output = nodes_.at(name).clients.at(who).output;
  if (output.empty()) return "";
  std::string line = std::move(output.front());
  output.pop_front();
  return line;
}

void Group::disconnect(char name, const std::string& who) {
  Machine& machine = nodes_.at(name);
  ConnectionId id = machine.clients.at(who).id;
  machine.clients.erase(who);
  step(name, node::Disconnected{id, node::DisconnectCause::client});
}

void Group::work(char name, const std::string& who) {
  Machine& machine = nodes_.at(name);
  Client& client = machine.clients.at(who);
  while (!client.parked && !client.pending.empty() && machine.node && !machine.stopped) {
    wire::Line line = parser_.parse(client.pending.front());
    if (auto* open = std::get_if<request::Open>(&line.request); open && open->id.empty()) {
      open->secret = "secret";
    }
    node::Actions actions;
    Origin from{client.id, client.requests + 1};
    machine.node->step(now_, node::ClientRequest{from, &line.request}, actions);
    bool resumed = std::find(actions.resumed.begin(), actions.resumed.end(), client.id) !=
                   actions.resumed.end();
    if (actions.parked) {
      client.parked = !resumed;
    } else {
      client.pending.pop_front();
      ++client.requests;
    }
    std::erase(actions.resumed, client.id);
    perform(name, actions);
  }
}

void Group::deliver(char name, const node::Actions& actions) {
  Machine& machine = nodes_.at(name);
  auto say = [&](ConnectionId to, std::string line) {
    line.pop_back();
    for (auto& [who, client] : machine.clients) {
      if (client.id == to) client.output.push_back(line);
    }
  };
  for (const Reply& reply : actions.replies) {
    std::string line;
    wire::format_reply(line, "", reply.body);
    say(reply.to.connection, std::move(line));
  }
  for (const Announcement& announcement : actions.announcements) {
    std::string line;
    wire::format_event(line, announcement.what);
    for (ConnectionId id : announcement.to) say(id, line);
  }
  for (const LastLine& last : actions.last_lines) {
    std::string line;
    wire::format_reply(line, "", last.error);
    say(last.connection, std::move(line));
  }
  for (ConnectionId id : actions.closing) {
    for (auto& [who, client] : machine.clients) client.closing |= client.id == id;
  }
  std::vector<std::string> again;
  for (ConnectionId id : actions.resumed) {
    for (auto& [who, client] : machine.clients) {
      if (client.id != id) continue;
      client.parked = false;
      again.push_back(who);
    }
  }
  for (const std::string& who : again) work(name, who);
}

bool Group::is_closing(char name, const std::string& who) {
  return nodes_.at(name).clients.at(who).closing;
}

}  // namespace pawl::testing

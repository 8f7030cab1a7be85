// SPDX-License-Identifier: Apache-2.0
#include "desk.hpp"

#include <algorithm>
#include <utility>

#include "translate.hpp"

namespace pawl::simulation {

Desk::Desk(const Schedule& schedule, Invariants& invariants, Receivers receivers,
           std::function<void(const node::Event&)> step)
    : schedule_(schedule),
      invariants_(invariants),
      receivers_(std::move(receivers)),
      step_(std::move(step)) {}

bool Desk::work() {
  if (!to_work_.empty()) {
    std::uint32_t link = to_work_.front();
    to_work_.pop_front();
    work(link);
    return true;
  }
  if (to_finish_.empty()) return false;
  std::uint32_t link = to_finish_.front();
  to_finish_.pop_front();
  finish(link);
  return true;
}

void Desk::take(const Arrival& arrival) {
  if (arrival.kind == Arrival::Kind::connect) return connect(arrival.link);
  Connection& connection = connections_[arrival.link];
  if (connection.over) return;
  if (arrival.kind == Arrival::Kind::end_at_once) {
    connection.inbox.clear();
    forget(arrival.link);
    return;
  }
  connection.inbox.push_back(arrival);
  work(arrival.link);
}

void Desk::connect(std::uint32_t link) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(links_.size()));
    links_.push_back(0);
    generations_.push_back(0);
  }
  std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  if (link >= connections_.size()) connections_.resize(link + 1);
  Connection& connection = connections_[link];
  connection.id = {slot, ++generations_[slot]};
  connection.known = true;
  links_[slot] = link;
  step_(node::Connected{connection.id, "10.0.0.1:" + std::to_string(link)});
}

void Desk::work(std::uint32_t link) {
  Connection& connection = connections_[link];
  while (!connection.over && !connection.parked && !connection.inbox.empty()) {
    Arrival next = connection.inbox.front();
    switch (next.kind) {
      case Arrival::Kind::request:
        if (connection.ending) {
          connection.inbox.pop_front();
          break;
        }
        take_request(link, *next.operation);
        if (!connection.begun && !connection.over) connection.inbox.pop_front();
        break;
      case Arrival::Kind::input_end:
        connection.inbox.pop_front();
        if (connection.ending) break;
        connection.ending = true;
        invariants_.on_input_ended(link);
        step_(node::InputEnded{connection.id});
        to_finish_.push_back(link);
        break;
      case Arrival::Kind::end: forget(link); return;
      case Arrival::Kind::connect:
      case Arrival::Kind::end_at_once: return;
    }
  }
}

void Desk::take_request(std::uint32_t link, Operation& operation) {
  Connection& connection = connections_[link];
  if (!std::exchange(connection.begun, false)) {
    connection.due.push_back({++connection.last_request, &operation});
    operation.begun = schedule_.now();
  }
  operation.stepped = schedule_.now();
  operation.scope = connection.session;
  Translation translation{operation};
  invariants_.on_stepped(operation);
  const RequestNumber number = connection.last_request;
  step_(node::ClientRequest{{connection.id, number}, &translation.request()});
  const Ask& ask = operation.ask;
  bool asks = ask.verb == Verb::resume || ask.verb == Verb::open;
  if (!asks || connection.parked || connection.begun || operation.answered != never) return;
  // Attached already, though the answer waits for a majority: what comes behind it acts in there.
  SessionId there = invariants_.session_behind(ask.id.empty() ? ask.secret : ask.id);
  if (there.value == 0) return;
  connection.session = there;
  find_due(connection, number)->attached = true;
}

std::vector<Desk::Due>::iterator Desk::find_due(Connection& connection, RequestNumber number) {
  return std::find_if(connection.due.begin(), connection.due.end(),
                      [&](const Due& one) { return one.number == number; });
}

void Desk::detach_all() {
  for (Connection& connection : connections_) connection.session = {};
}

// A connection that has said its last word and has all its answers is closed.
void Desk::finish(std::uint32_t link) {
  Connection& connection = connections_[link];
  if (connection.over || !connection.ending || !connection.due.empty()) return;
  forget(link);
  receivers_.closed(link);
}

void Desk::forget(std::uint32_t link) {
  Connection& connection = connections_[link];
  connection.over = true;
  connection.due.clear();
  invariants_.on_ended(link, connection.session);
  ConnectionId id = connection.id;
  free_slots_.push_back(id.slot);
  step_(node::Disconnected{id, node::DisconnectCause::client});
}

void Desk::deliver(const node::Actions& actions) {
  for (const Reply& reply : actions.replies) deliver_reply(reply);
  for (const Push& push : actions.pushes) {
    invariants_.on_push(push.body);
    if (find(push.connection) != nullptr) receivers_.push(links_[push.connection.slot], push.body);
  }
  for (ConnectionId id : actions.closing) {
    if (Connection* connection = find(id)) connection->ending = true;
    to_finish_.push_back(links_[id.slot]);
  }
  for (ConnectionId id : actions.resumed) {
    if (Connection* connection = find(id)) {
      connection->parked = false;
      to_work_.push_back(links_[id.slot]);
    }
  }
}

void Desk::note_parked(const node::ClientRequest& request, const node::Actions& actions) {
  Connection* connection = find(request.from.connection);
  connection->begun = true;
  // What it waited for may have happened in the same step: then it is stepped again at once.
  connection->parked = std::find(actions.resumed.begin(), actions.resumed.end(), connection->id) ==
                       actions.resumed.end();
}

void Desk::deliver_reply(const Reply& reply) {
  Connection* connection = find(reply.to.connection);
  if (connection == nullptr) return;
  auto due = find_due(*connection, reply.to.request);
  if (due == connection->due.end() || due->answered) {
    throw Violation{"I9 a second reply", "to request " + std::to_string(reply.to.request)};
  }
  Operation& operation = *due->operation;
  operation.answered = schedule_.now();
  operation.outcome = outcome_of(reply.body);
  due->answered = true;
  if (!due->attached) connection->session = session_after(connection->session, operation);
  invariants_.on_answered(operation);
  if (operation.ask.tagged) {
    connection->due.erase(due);
    receivers_.reply(operation);
  }
  release_in_order(*connection);
  if (connection->ending) to_finish_.push_back(operation.link);
}

// Untagged replies leave in the order of their requests.
void Desk::release_in_order(Connection& connection) {
  while (true) {
    auto first = std::find_if(connection.due.begin(), connection.due.end(),
                              [](const Due& due) { return !due.operation->ask.tagged; });
    if (first == connection.due.end() || !first->answered) return;
    Operation& operation = *first->operation;
    connection.due.erase(first);
    receivers_.reply(operation);
  }
}

Desk::Connection* Desk::find(ConnectionId id) {
  Connection& connection = connections_[links_[id.slot]];
  return connection.id == id && !connection.over ? &connection : nullptr;
}

void Desk::close_all() {
  for (std::uint32_t link = 0; link < connections_.size(); ++link) {
    Connection& connection = connections_[link];
    if (!connection.known || connection.over) continue;
    connection.over = true;
    connection.inbox.clear();
    connection.due.clear();
    invariants_.on_link_lost(link);
    receivers_.closed(link);
  }
  to_work_.clear();
  to_finish_.clear();
  links_.clear();
  free_slots_.clear();
  generations_.clear();
}

void Desk::refuse_connection(std::uint32_t link) {
  if (link >= connections_.size()) connections_.resize(link + 1);
  connections_[link].over = true;
  receivers_.closed(link);
}

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
#include "shell.hpp"

#include <algorithm>
#include <string>

#include "base/overloaded.hpp"
#include "node/recovered.hpp"
#include "translate.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

// Nothing was ever written: tokens and TTLs wait for META to say so.
node::Recovered new_disk(const Options& options) { return node::Recovery{options.seed}.take(); }

}  // namespace

Shell::Shell(Schedule& schedule, const Options& options, Random& random, History& history,
             Invariants& invariants, Receivers receivers)
    : schedule_(schedule),
      options_(options),
      random_(random),
      history_(history),
      invariants_(invariants),
      receivers_(std::move(receivers)) {
  if (options.disk) {
    begin_machine();
    return;
  }
  node_.emplace(settings_of(options), schedule.now(), 0, new_disk(options));
  invariants_.watch(*node_);
  turn();
}

void Shell::connect(std::uint32_t link) {
  arrive({Arrival::Kind::connect, link, nullptr, {}, {}, {}});
}

void Shell::request(Operation& operation) {
  arrive({Arrival::Kind::request, operation.link, &operation, {}, {}, {}});
}

void Shell::end_input(std::uint32_t link) {
  arrive({Arrival::Kind::input_end, link, nullptr, {}, {}, {}});
}

void Shell::end(std::uint32_t link, bool at_once) {
  arrive({at_once ? Arrival::Kind::end_at_once : Arrival::Kind::end, link, nullptr, {}, {}, {}});
}

void Shell::arrive(Arrival arrival) {
  if (down_) {
    if (arrival.kind == Arrival::Kind::connect) refuse_connection(arrival.link);
    return;
  }
  arrivals_.push_back(std::move(arrival));
  turn();
}

void Shell::pause(Span length) {
  if (paused_ || calm_ || down_) return;
  paused_ = true;
  schedule_.after(length, [this, length, life = life_] {
    if (life != life_) return;
    paused_ = false;
    invariants_.on_pause(length);
    turn();
  });
}

void Shell::calm() { calm_ = true; }

// Everything that has arrived, then time, then the disk.
void Shell::turn() {
  if (paused_ || down_) return;
  drain();
  if (schedule_.now() >= node_->next_deadline()) {
    step(node::Tick{});
    drain();
    invariants_.after_tick(schedule_.now());
  }
  if (machine_) {
    machine_->append(*node_);
  } else {
    start_flush();
  }
  schedule_tick();
}

void Shell::drain() {
  while (true) {
    if (!to_work_.empty()) {
      std::uint32_t link = to_work_.front();
      to_work_.pop_front();
      work(link);
    } else if (!to_finish_.empty()) {
      std::uint32_t link = to_finish_.front();
      to_finish_.pop_front();
      finish(link);
    } else if (!arrivals_.empty()) {
      Arrival arrival = std::move(arrivals_.front());
      arrivals_.pop_front();
      take(arrival);
    } else {
      return;
    }
  }
}

void Shell::take(const Arrival& arrival) {
  if (arrival.kind == Arrival::Kind::flushed) {
    flushed_ = arrival.index;
    invariants_.on_flushed(arrival.index);
    step(node::Flushed{arrival.index});
    return;
  }
  if (arrival.kind == Arrival::Kind::meta_stored) return step(arrival.meta);
  if (arrival.kind == Arrival::Kind::disk) {
    const auto* flushed = std::get_if<node::Flushed>(&arrival.event);
    if (flushed != nullptr) invariants_.on_flushed(flushed->index);
    if (std::holds_alternative<node::DiskSpace>(arrival.event)) invariants_.on_disk_full();
    return step(arrival.event);
  }
  if (arrival.kind == Arrival::Kind::connect) {
    if (free_slots_.empty()) {
      free_slots_.push_back(static_cast<std::uint32_t>(links_.size()));
      links_.push_back(0);
      generations_.push_back(0);
    }
    std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    if (arrival.link >= connections_.size()) connections_.resize(arrival.link + 1);
    Connection& connection = connections_[arrival.link];
    connection.id = {slot, ++generations_[slot]};
    connection.known = true;
    links_[slot] = arrival.link;
    step(node::Connected{connection.id, "10.0.0.1:" + std::to_string(arrival.link)});
    return;
  }
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

void Shell::work(std::uint32_t link) {
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
        step(node::InputEnded{connection.id});
        to_finish_.push_back(link);
        break;
      case Arrival::Kind::end: forget(link); return;
      case Arrival::Kind::connect:
      case Arrival::Kind::end_at_once:
      case Arrival::Kind::flushed:
      case Arrival::Kind::meta_stored:
      case Arrival::Kind::disk: return;
    }
  }
}

void Shell::take_request(std::uint32_t link, Operation& operation) {
  Connection& connection = connections_[link];
  if (!std::exchange(connection.begun, false)) {
    connection.due.push_back({++connection.last_request, &operation});
    operation.begun = schedule_.now();
  }
  operation.stepped = schedule_.now();
  operation.scope = connection.session;
  Translation translation{operation};
  invariants_.on_stepped(operation);
  step(node::ClientRequest{{connection.id, connection.last_request}, &translation.request()});
}

// A connection that has said its last word and has all its answers is closed.
void Shell::finish(std::uint32_t link) {
  Connection& connection = connections_[link];
  if (connection.over || !connection.ending || !connection.due.empty()) return;
  forget(link);
  receivers_.closed(link);
}

void Shell::forget(std::uint32_t link) {
  Connection& connection = connections_[link];
  connection.over = true;
  connection.due.clear();
  invariants_.on_ended(link, connection.session);
  ConnectionId id = connection.id;
  free_slots_.push_back(id.slot);
  step(node::Disconnected{id, node::DisconnectCause::client});
}

void Shell::step(const node::Event& event) {
  actions_.clear();
  invariants_.before_step(schedule_.now());
  node_->step(schedule_.now(), event, actions_);
  deliver();
  if (actions_.parked) {
    const auto& request = std::get<node::ClientRequest>(event);
    Connection* connection = find(request.from.connection);
    connection->begun = true;
    // What it waited for may have happened in the same step: then it is stepped again at once.
    connection->parked = std::find(actions_.resumed.begin(), actions_.resumed.end(),
                                   connection->id) == actions_.resumed.end();
  }
  invariants_.after_step(schedule_.now());
}

void Shell::deliver() {
  if (machine_) {
    machine_->want(actions_);
  } else if (actions_.store_meta) {
    store_meta(*actions_.store_meta);
  }
  for (const Reply& reply : actions_.replies) deliver_reply(reply);
  for (const Push& push : actions_.pushes) {
    invariants_.on_push(push.body);
    if (find(push.connection) != nullptr) receivers_.push(links_[push.connection.slot], push.body);
  }
  for (ConnectionId id : actions_.closing) {
    if (Connection* connection = find(id)) connection->ending = true;
    to_finish_.push_back(links_[id.slot]);
  }
  for (ConnectionId id : actions_.resumed) {
    if (Connection* connection = find(id)) {
      connection->parked = false;
      to_work_.push_back(links_[id.slot]);
    }
  }
}

void Shell::deliver_reply(const Reply& reply) {
  Connection* connection = find(reply.to.connection);
  if (connection == nullptr) return;
  auto due = std::find_if(connection->due.begin(), connection->due.end(),
                          [&](const Due& one) { return one.number == reply.to.request; });
  if (due == connection->due.end() || due->answered) {
    throw Violation{"I9 a second reply", "to request " + std::to_string(reply.to.request)};
  }
  Operation& operation = *due->operation;
  operation.answered = schedule_.now();
  operation.outcome = outcome_of(reply.body);
  due->answered = true;
  connection->session = session_after(connection->session, operation);
  invariants_.on_answered(operation);
  if (operation.ask.tagged) {
    connection->due.erase(due);
    receivers_.reply(operation);
  }
  release_in_order(*connection);
  if (connection->ending) to_finish_.push_back(operation.link);
}

// Untagged replies leave in the order of their requests.
void Shell::release_in_order(Connection& connection) {
  while (true) {
    auto first = std::find_if(connection.due.begin(), connection.due.end(),
                              [](const Due& due) { return !due.operation->ask.tagged; });
    if (first == connection.due.end() || !first->answered) return;
    Operation& operation = *first->operation;
    connection.due.erase(first);
    receivers_.reply(operation);
  }
}

Shell::Connection* Shell::find(ConnectionId id) {
  Connection& connection = connections_[links_[id.slot]];
  return connection.id == id && !connection.over ? &connection : nullptr;
}

// One flush at a time; it covers what the log held when it began.
void Shell::start_flush() {
  if (options_.durability != Durability::fsync || flushing_) return;
  LogIndex last = node_->replica().last();
  if (last <= flushed_) return;
  flushing_ = true;
  Span latency = random_.skewed(100us, options_.most_flush);
  if (!calm_ && random_.chance(options_.stall_permille)) {
    latency = random_.between(options_.most_flush, options_.most_flush + options_.most_stall);
  }
  if (random_.chance(200)) {
    last.value = flushed_.value + 1 + random_.below(last.value - flushed_.value);
  }
  schedule_.after(latency, [this, last] {
    flushing_ = false;
    arrive({Arrival::Kind::flushed, 0, nullptr, last, {}, {}});
  });
}

void Shell::store_meta(const node::MetaStored& meta) {
  schedule_.after(random_.skewed(100us, options_.most_flush), [this, meta] {
    arrive({Arrival::Kind::meta_stored, 0, nullptr, {}, meta, {}});
  });
}

void Shell::schedule_tick() {
  Moment next = node_->next_deadline();
  if (next == never) return;
  next = std::max(next, schedule_.now() + 20us) + random_.skewed(0us, options_.tick_lateness);
  if (tick_at_ <= next) return;
  tick_at_ = next;
  schedule_.at(next, [this, next] {
    if (tick_at_ == next) tick_at_ = never;
    turn();
  });
}

}  // namespace pawl::simulation

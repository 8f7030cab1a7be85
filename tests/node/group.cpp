// SPDX-License-Identifier: Apache-2.0
#include "node/group.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "base/ensure.hpp"
#include "node/recovered.hpp"

namespace pawl::testing {

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

}  // namespace

Group::Group(std::size_t size, Settings settings) : settings_(std::move(settings)) {
  settings_.durability = Durability::fsync;
  for (std::size_t i = 0; i < size; ++i) {
    char name = static_cast<char>('a' + i);
    settings_.cluster.nodes.push_back({std::string{name}, std::string{name} + ":7295", false});
    nodes_[name];
  }
  for (auto& [name, machine] : nodes_) start(name);
  for (auto& [one, machine] : nodes_) {
    for (auto& [other, unused] : nodes_) {
      if (one < other) meet(one, other);
    }
  }
  settle();
}

void Group::start(char name, bool damaged) {
  Machine& machine = nodes_.at(name);
  ensure(!machine.node);
  Settings settings = settings_;
  settings.node = std::string{name};
  node::Recovery recovery(7, false);
  machine.damaged |= damaged;
  if (damaged && !machine.log.empty()) machine.log.pop_back();
  node::Recovered recovered = recovery.take();
  if (machine.snapshot.index.value != 0) {
    node::ArrivingSnapshot snapshot(machine.snapshot, 7);
    snapshot.feed(machine.snapshot_bytes);
    ensure(snapshot.finish());
    recovered.snapshot_head = snapshot.head();
    recovered.table = snapshot.take_table();
    recovered.last = recovered.snapshot = machine.snapshot.index;
    recovered.epoch = machine.snapshot.epoch;
  }
  recovered.unapplied = replication::Log{recovered.last, recovered.epoch};
  for (std::size_t i = 0; i < machine.log.size(); ++i) {
    if (machine.base.index.value + i + 1 <= recovered.last.value) continue;
    const Written& one = machine.log[i];
    recovered.unapplied.append(one.epoch, {}, [&](std::string& out) { out += one.bytes; });
  }
  recovered.ballot = machine.ballot;
  recovered.blank = machine.blank;
  recovered.promoted = machine.promoted;
  recovered.grace = grace;
  recovered.incarnation = machine.incarnation;
  if (machine.blank || machine.damaged) recovered.repair = replication::RepairId{++repairs_};
  recovered.ceiling = Token{std::uint64_t{1} << 20};
  recovered.longest_ttl = Milliseconds::max();
  machine.node.emplace(settings, now_, 0, std::move(recovered));
  machine.inbox.clear();
  for (auto& [other, unused] : nodes_) {
    if (other != name) meet(name, other);
  }
}

void Group::kill(char name) {
  Machine& machine = nodes_.at(name);
  machine.node.reset();
  machine.clients.clear();
  machine.stopped = false;
  machine.coming.clear();
  std::erase_if(in_flight_,
                [&](const InFlight& one) { return one.from == name || one.to == name; });
  for (auto& [other, peer] : nodes_) {
    if (peer.node && !is_cut(name, other)) step(other, replication::PeerLost{member(name)});
  }
}

void Group::wipe(char name) {
  ensure(!nodes_.at(name).node);
  nodes_.erase(name);
  nodes_[name];
}

void Group::meet(char one, char other) {
  Machine& first = nodes_.at(one);
  Machine& second = nodes_.at(other);
  if (is_cut(one, other) || !first.node || !second.node) return;
  // A new disk takes up the incarnation it meets.
  const std::uint64_t newest = std::max(first.incarnation, second.incarnation);
  for (Machine* machine : {&first, &second}) {
    if (machine->blank) machine->incarnation = newest;
  }
  if (first.incarnation != second.incarnation) return;
  auto tell = [&](char to, char about) {
    const replication::Replica& peer = (*this)[about].replica();
    step(to, replication::Met{member(about), peer.epoch(), peer.is_blank(), newest});
  };
  tell(one, other);
  tell(other, one);
}

bool Group::is_cut(char one, char other) const {
  auto is = [&](const auto& cut) {
    return (cut.first == one && cut.second == other) || (cut.first == other && cut.second == one);
  };
  return std::any_of(cuts_.begin(), cuts_.end(), is);
}

void Group::cut(char one, char other) { cuts_.emplace_back(one, other); }

void Group::isolate(char name) {
  for (auto& [other, unused] : nodes_) {
    if (other != name) cut(name, other);
  }
}

void Group::heal() {
  for (auto [one, other] : std::exchange(cuts_, {})) meet(one, other);
}

void Group::hold_disk(char name, bool held) { nodes_.at(name).held = held; }

void Group::stop(char name) { nodes_.at(name).stopped = true; }

void Group::go_on(char name) {
  Machine& machine = nodes_.at(name);
  machine.stopped = false;
  // Requests first: who was stopped does not know what it missed.
  for (auto& [client, unused] : machine.clients) work(name, client);
  for (replication::Outgoing& one : std::exchange(machine.inbox, {})) {
    step(name, replication::Received{one.to, &one.message});
  }
}

void Group::step(char name, const node::Event& event) {
  Machine& machine = nodes_.at(name);
  if (!machine.node || machine.stopped) return;
  node::Actions actions;
  machine.node->step(now_, event, actions);
  perform(name, actions);
}

void Group::perform(char name, node::Actions& actions) {
  Machine& machine = nodes_.at(name);
  for (replication::Outgoing& one : actions.messages) {
    if (std::holds_alternative<replication::message::SnapshotPart>(one.message.body)) {
      ++snapshots_sent;
    }
    in_flight_.push_back({name, this->name(one.to), std::move(one.message)});
  }
  if (actions.store_meta) machine.meta = actions.store_meta;
  if (actions.restart_log) {
    machine.base = *actions.restart_log;
    machine.log.clear();
  }
  if (actions.role) {
    const char* role = actions.role->role == Role::primary   ? "primary"
                       : actions.role->role == Role::standby ? "standby"
                       : actions.role->role == Role::learner ? "learner"
                                                             : "starting";
    roles.push_back(std::string{name} + " " + role);
  }
  deliver(name, actions);
  if (actions.repaired) machine.damaged = false;
  if (actions.store_vote) {
    machine.ballot = *actions.store_vote;
    if (actions.joined) {
      machine.blank = false;
      machine.damaged = actions.joined->damaged;
    }
    step(name, replication::VoteStored{*actions.store_vote});
  }
  if (actions.store_promotion) ++machine.promotions;
  if (actions.snapshot) save(name, *actions.snapshot);
  for (const replication::PartWanted& wanted : actions.parts_wanted) {
    if (machine.snapshot_bytes.empty()) continue;
    constexpr std::size_t part_bytes = 1000;
    std::string bytes = machine.snapshot_bytes.substr(wanted.offset, part_bytes);
    bool last = wanted.offset + bytes.size() == machine.snapshot_bytes.size();
    step(name, replication::PartRead{wanted.to, {machine.snapshot, wanted.offset, last, bytes}});
  }
  if (actions.store_part) {
    const replication::message::SnapshotPart& part = *actions.store_part;
    if (part.offset == 0) machine.coming.clear();
    machine.coming += part.bytes;
    if (part.last) {
      machine.snapshot = part.upto;
      machine.snapshot_bytes = std::exchange(machine.coming, {});
    }
    step(name, replication::PartStored{});
  }
}

void Group::save(char name, const node::SnapshotPart& part) {
  Machine& machine = nodes_.at(name);
  std::vector<std::byte> out;
  if (part.first) {
    machine.making.clear();
    machine.making_of = {part.epoch, part.index};
    machine.encoder = {};
    machine.encoder.begin({.index = part.index, .epoch = part.epoch}, bytes_of(part.head), out);
  }
  if (!part.bytes.empty()) machine.encoder.chunk(bytes_of(part.bytes), out);
  if (part.last) machine.encoder.finish(out);
  machine.making.append(reinterpret_cast<const char*>(out.data()), out.size());
  if (part.last) {
    machine.snapshot = machine.making_of;
    machine.snapshot_bytes = std::exchange(machine.making, {});
    step(name, node::SnapshotSaved{part.index});
  }
  step(name, node::SnapshotPartTaken{});
}

bool Group::flush(char name) {
  Machine& machine = nodes_.at(name);
  if (!machine.node || machine.held || machine.stopped) return false;
  if (machine.promotions > 0) {
    --machine.promotions;
    machine.promoted = true;
    machine.incarnation += std::uint64_t{1} + member(name).value;
    step(name, node::PromotionStored{});
    return true;
  }
  LogIndex last;
  machine.node->hand_over([&](const replication::Entry& entry) {
    machine.log.resize(entry.index.value - machine.base.index.value - 1);
    machine.log.push_back({entry.epoch, std::string{entry.bytes}});
    last = entry.index;
  });
  if (last.value == 0) {
    last = {machine.base.index.value + machine.log.size()};
    if (machine.node->replica().flushed() >= last) return false;
  }
  step(name, node::Flushed{last, machine.node->replica().truncations()});
  return true;
}

void Group::settle() {
  for (bool any = true; any;) {
    any = false;
    for (auto& [name, machine] : nodes_) {
      if (machine.node && !machine.stopped && machine.node->next_deadline() <= now_) {
        step(name, node::Tick{});
        any = true;
      }
      any |= flush(name);
      if (machine.meta && !machine.stopped && machine.node) {
        step(name, *std::exchange(machine.meta, std::nullopt));
        any = true;
      }
    }
    while (!in_flight_.empty()) {
      any = true;
      InFlight one = std::move(in_flight_.front());
      in_flight_.pop_front();
      if (is_cut(one.from, one.to) || !nodes_.at(one.to).node) continue;
      if (nodes_.at(one.to).stopped) {
        nodes_.at(one.to).inbox.push_back({member(one.from), std::move(one.message)});
        continue;
      }
      step(one.to, replication::Received{member(one.from), &one.message});
    }
  }
}

void Group::pass(Span span) {
  settle();
  for (Moment end = now_ + span; now_ < end;) {
    now_ += std::min(Span{std::chrono::milliseconds{10}}, end - now_);
    settle();
  }
}

char Group::find_primary() const {
  char found = '?';
  for (const auto& [name, machine] : nodes_) {
    if (!machine.node || machine.stopped) continue;
    if (machine.node->replica().role() == Role::primary &&
        (found == '?' || machine.node->replica().epoch() > (*this)[found].replica().epoch())) {
      found = name;
    }
  }
  return found;
}

char Group::primary() {
  for (int tries = 0; tries < 1000; ++tries) {
    if (char found = find_primary(); found != '?') return found;
    pass(std::chrono::milliseconds{10});
  }
  ensure(false);
  return '?';
}

std::string Group::others(char name) const {
  std::string names;
  for (const auto& [other, unused] : nodes_) {
    if (other != name) names += other;
  }
  return names;
}

std::string Group::table(char name) {
  std::string bytes;
  auto& table = const_cast<locks::LockTable&>(nodes_.at(name).node->table());
  if (table.has_snapshot_under_way()) return "under way";
  table.begin_snapshot();
  while (!table.write_snapshot(bytes, 1 << 20)) continue;
  return bytes;
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// A few replicas by hand: a, b, c…; time passes when told, messages wait to be delivered, disks
// answer at once unless held. What is said can be read as a transcript.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "describe.hpp"
#include "replication/replica.hpp"

namespace pawl::replication {

class Group {
 public:
  struct Node {
    std::optional<Replica> replica;
    Actions last;  // of its last step that asked for something beside messages
    std::vector<std::string> applied;
    std::optional<Ballot> ballot;  // asked to be stored
    bool holds_log = false;
    bool holds_ballot = false;
    LogIndex handed;
  };
  struct InFlight {
    char from;
    char to;
    Message message;
  };

  explicit Group(std::vector<MemberKind> kinds = std::vector(3, MemberKind::voter))
      : kinds_(std::move(kinds)) {
    for (std::size_t i = 0; i < kinds_.size(); ++i) start(static_cast<char>('a' + i), {});
  }

  Replica& operator[](char name) { return *nodes_[name].replica; }
  Node& node(char name) { return nodes_[name]; }
  Moment now() const { return now_; }

  void start(char name, Restored restored) {
    Node& node = nodes_[name];
    node = Node{};
    ReplicaOptions options;
    options.membership = Membership{kinds_, member(name)};
    options.kept_bytes = kept_bytes;
    options.held_bytes = held_bytes;
    options.seed = static_cast<std::uint64_t>(name);
    node.handed = restored.log.last();
    node.replica.emplace(options, std::move(restored), now_);
  }

  void step(char name, const Event& event) {
    Node& node = nodes_[name];
    Actions out;
    node.replica->step(now_, event, out);
    for (Outgoing& outgoing : out.messages) {
      char to = static_cast<char>('a' + outgoing.to.value);
      said_ += std::string{name} + " -> " + to + ": " + describe(outgoing.message) + '\n';
      if (!is_cut(name, to)) in_flight.push_back({name, to, std::move(outgoing.message)});
    }
    if (out.store_vote) node.ballot = out.store_vote;
    bool elected = out.elected.has_value();
    bool says_more = elected || out.stepped_down || out.handover_failed || out.store_part ||
                     out.load_snapshot || out.repaired || !out.parts_wanted.empty() ||
                     out.truncate_from;
    if (says_more) node.last = std::move(out);
    if (elected) {
      node.replica->start_epoch([](std::string& bytes) { bytes += "start"; });
      step(name, Tick{});
    }
    node.replica->hand_over([&](const Entry& entry) { node.handed = entry.index; });
    while (node.replica->has_committed()) {
      node.applied.emplace_back(node.replica->next_committed().bytes);
      node.replica->on_applied();
    }
  }

  // Delivers what waits, lets disks answer, until nobody has anything to say.
  void settle() {
    for (bool goes_on = true; goes_on;) {
      goes_on = store_ballots() | flush_logs() | deliver_one();
    }
  }
  bool deliver_one() {
    if (in_flight.empty()) return false;
    InFlight one = std::move(in_flight.front());
    in_flight.pop_front();
    if (!is_cut(one.from, one.to)) {
      step(one.to, Received{member(one.from), &one.message});
    }
    return true;
  }
  void receive(char to, char from, Epoch epoch, MessageBody body) {
    Message message{epoch, std::move(body)};
    step(to, Received{member(from), &message});
  }
  bool store_ballots() {
    bool any = false;
    for (auto& [name, node] : nodes_) {
      if (!node.ballot || node.holds_ballot) continue;
      Ballot ballot = *std::exchange(node.ballot, std::nullopt);
      step(name, VoteStored{ballot});
      any = true;
    }
    return any;
  }
  bool flush_logs() {
    bool any = false;
    for (auto& [name, node] : nodes_) {
      if (node.holds_log || node.handed <= node.replica->flushed()) continue;
      step(name, Flushed{node.handed, node.replica->truncations()});
      any = true;
    }
    return any;
  }

  // Time passes in heartbeats; each time all are ticked and everything settles.
  void pass(Span span) {
    for (Moment end = now_ + span; now_ < end;) {
      now_ += std::min(Span{std::chrono::milliseconds{10}}, end - now_);
      for (auto& [name, node] : nodes_) step(name, Tick{});
      settle();
    }
  }
  void skip(Span span) { now_ += span; }
  // This one's patience ends first.
  void elect(char name) {
    now_ = std::max(now_, (*this)[name].next_deadline());
    step(name, Tick{});
    settle();
    pass(std::chrono::milliseconds{60});
  }
  void propose(char name, std::string_view text, RequestNumber request = 0) {
    (*this)[name].append(Origin{{1, request == 0 ? 0u : 1u}, request},
                         [&](std::string& out) { out += text; });
    step(name, Tick{});
  }

  void cut(char from, char to) { cuts_[{from, to}] = true; }
  void isolate(char name) {
    for (auto& [other, node] : nodes_) {
      if (other == name) continue;
      cut(name, other);
      cut(other, name);
    }
  }
  void heal() { cuts_.clear(); }
  [[nodiscard]] bool is_cut(char from, char to) const { return cuts_.contains({from, to}); }

  // What was sent since it was last asked for.
  std::string said() { return std::exchange(said_, {}); }
  static Member member(char name) { return Member{static_cast<std::uint8_t>(name - 'a')}; }

  std::deque<InFlight> in_flight;
  std::size_t kept_bytes = 1'000'000;
  std::size_t held_bytes = 1'000'000;

 private:
  std::vector<MemberKind> kinds_;
  std::map<char, Node> nodes_;
  std::map<std::pair<char, char>, bool> cuts_;
  Moment now_{};
  std::string said_;
};

}  // namespace pawl::replication

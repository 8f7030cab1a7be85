// SPDX-License-Identifier: Apache-2.0
//
// What must hold after every step, and what is done to the cluster.
#include <algorithm>
#include <sstream>
#include <utility>

#include "cluster.hpp"

namespace pawl::replication {

using namespace std::chrono_literals;

void Cluster::apply(Node& node) {
  Replica& replica = *node.replica;
  while (replica.has_committed()) {
    Entry entry = replica.next_committed();
    Stored stored{entry.epoch, std::string{entry.bytes}};
    Origin origin = entry.origin;
    LogIndex index = entry.index;
    replica.on_applied();
    if (index.value != node.applied.size() + 1) fail(node, "applied out of order");
    if (index.value > ledger_.size()) {
      ledger_.push_back(stored);
      summary_.committed = ledger_.size();
    }
    const Stored& known = ledger_[index.value - 1];
    if (known.epoch != stored.epoch || known.bytes != stored.bytes) {
      fail(node, "record " + std::to_string(index.value) + " was committed as '" + known.bytes +
                     "', now as '" + stored.bytes + "'");
    }
    node.applied.push_back(std::move(stored));
    if (origin.connection) {
      if (node.pending.empty() || node.pending.front() != origin.request) {
        fail(node, "a request was answered twice or after its end");
      }
      node.pending.pop_front();
    }
  }
}

void Cluster::check(Node& node) {
  const Replica& replica = *node.replica;
  if (replica.commit() < node.commit) fail(node, "commit went back");
  node.commit = replica.commit();
  if (replica.applied().value != node.applied.size()) fail(node, "applied moved by itself");
  if (replica.epoch() < node.ballot.epoch) fail(node, "the epoch went back");
  if (replica.role() == Role::primary && node.serving != replica.epoch()) {
    node.serving = replica.epoch();
    bool has_started = std::any_of(node.applied.begin(), node.applied.end(),
                                   [&](const Stored& one) { return one.epoch == replica.epoch(); });
    if (!has_started) fail(node, "serves before the first record of its epoch is applied");
  }
  check_reads(node);
}

void Cluster::check_elected(Node& node, Epoch epoch) {
  ++summary_.elections;
  auto [known, is_new] = primaries_.try_emplace(epoch, node.member);
  if (!is_new) fail(node, "a second primary in epoch " + std::to_string(epoch.value));
  // An election may be won after a later one: what was committed meanwhile is none of its business.
  if (primaries_.rbegin()->first > epoch) return;
  const Log& log = node.replica->log();
  for (std::uint64_t i = log.released().value + 1; i <= ledger_.size(); ++i) {
    if (i > log.last().value || log.epoch_at(LogIndex{i}) != ledger_[i - 1].epoch) {
      fail(node, "elected without the committed record " + std::to_string(i));
    }
  }
}

// What a confirmed read promises: it sees all that was committed before it came, by whomever.
void Cluster::check_reads(Node& node) {
  const Replica& replica = *node.replica;
  std::erase_if(node.reads, [&](const Read& read) {
    bool is_answered = replica.role() == Role::primary && replica.is_confirmed(read.round) &&
                       replica.applied() >= read.read_index;
    if (!is_answered) return false;
    ++summary_.confirmed;
    if (replica.epoch() < read.newest) fail(node, "confirmed by a majority that had moved on");
    if (node.applied.size() < read.must_see) fail(node, "a confirmed read missed a commit");
    return true;
  });
}

// Clients: they ask whoever calls itself primary.
void Cluster::ask() {
  for (Node& node : nodes_) {
    if (!node.replica || node.replica->role() != Role::primary) continue;
    if (node.is_paused) {
      // It waits in the socket, among what peers say.
      for_life(node, 0ms, [this, &node] { read(node); });
      continue;
    }
    for (std::uint64_t count = random_.below(4); count > 0 && node.replica->may_append(); --count) {
      std::uint32_t request = ++next_request_;
      node.pending.push_back(request);
      node.replica->append(Origin{{1, 1}, request}, [&](std::string& out) {
        out += std::to_string(request) + std::string(random_.below(40), '.');
      });
    }
    if (random_.chance(600)) read(node);
    step(node, Tick{});
    if (random_.chance(20)) take_snapshot(node);
  }
  at(now_ + random_.between(1ms, 40ms), [this] { ask(); });
}

void Cluster::read(Node& node) {
  if (node.replica->role() != Role::primary) return;
  node.reads.push_back({node.replica->begin_round(), node.replica->commit(), ledger_.size(),
                        ledger_.empty() ? Epoch{} : ledger_.back().epoch});
}

void Cluster::crash_soon(Node& node, Span within) {
  for_life(node, random_.between(Span{0}, within), [this, &node] {
    if (is_healing_) return;
    crash(node);
    at(now_ + random_.skewed(1ms, 100ms), [this, &node] {
      if (!node.replica) start(node);
    });
  });
}

void Cluster::mishap() {
  if (is_healing_) return;
  Node& node = nodes_[random_.below(nodes_.size())];
  Node& other = nodes_[random_.below(nodes_.size())];
  auto cut_all = [&](bool inward, bool outward, bool is_cut) {
    for (Node& peer : nodes_) {
      if (inward) cut_[peer.member.value][node.member.value] = is_cut;
      if (outward) cut_[node.member.value][peer.member.value] = is_cut;
    }
  };
  switch (random_.below(11)) {
    case 0:
    case 1:
      if (node.replica) crash(node);
      break;
    case 2:
    case 3:
    case 4:
      for (Node& one : nodes_) {
        if (!one.replica && random_.chance(700)) start(one);
      }
      break;
    case 5: pause(node, random_.skewed(5ms, 2s)); break;
    case 6: cut_all(true, true, true); break;
    case 7: cut_all(random_.chance(500), random_.chance(500), true); break;
    case 8: cut_[node.member.value][other.member.value] = true; break;
    case 9:
      for (auto& row : cut_) row.assign(row.size(), false);
      break;
    case 10:
      if (node.replica && !node.is_paused) {
        step(node, random_.chance(500) ? HandOver{} : HandOver{other.member});
      }
      break;
  }
  at(now_ + random_.between(Span{0}, 2 * hardship_.mishaps), [this] { mishap(); });
}

void Cluster::heal() {
  is_healing_ = true;
  note({}, "everything heals");
  hardship_.drop = hardship_.duplicate = 0;
  hardship_.latency = std::min(hardship_.latency, Span{2ms});
  hardship_.flush = std::min(hardship_.flush, Span{3ms});
  for (auto& row : cut_) row.assign(row.size(), false);
  for (Node& node : nodes_) {
    if (!node.replica) start(node);
  }
}

void Cluster::run_until(Moment end) {
  while (!queue_.empty() && queue_.top().when <= end) {
    now_ = std::max(now_, queue_.top().when);
    std::function<void()> what = queue_.top().what;
    queue_.pop();
    what();
  }
  now_ = end;
}

// One serves, and all have all.
bool Cluster::is_well() const {
  bool serves = std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) {
    return node.replica->role() == Role::primary && node.replica->may_decide();
  });
  return serves && std::all_of(nodes_.begin(), nodes_.end(), [](const Node& node) {
           return !node.is_paused && !node.is_damaged;
         });
}

Summary Cluster::run() {
  for (Node& node : nodes_) start(node);
  at(now_ + 1ms, [this] { ask(); });
  at(now_ + random_.between(0ms, 2s), [this] { mishap(); });
  run_until(now_ + hardship_.lasts);

  heal();
  // The longest pause or stuck flush ends, then an election or two.
  Moment healed = now_ + 3s;
  run_until(healed);
  while (!is_well()) {
    if (now_ > healed + 2s) fail(nodes_[0], "nobody serves, or somebody stays damaged");
    run_until(now_ + 50ms);
  }
  std::uint64_t before = ledger_.size();
  run_until(now_ + 1500ms);
  for (const Node& node : nodes_) {
    if (node.applied.size() <= before) fail(node, "no progress after the healing");
  }
  summary_.simulated = now_.time_since_epoch();
  return summary_;
}

Hardship draw_hardship(simulation::Random& random) {
  using enum MemberKind;
  const std::array<std::vector<MemberKind>, 8> shapes{{{voter, voter, voter},
                                                       {voter, voter, voter},
                                                       {voter, voter, voter},
                                                       {voter, voter, voter, voter, voter},
                                                       {voter, voter, witness},
                                                       {voter, voter, voter, learner},
                                                       {voter, voter},
                                                       {voter}}};
  Hardship hardship;
  hardship.kinds = random.pick(shapes);
  hardship.drop = random.chance(500) ? random.below(200) : 0;
  hardship.duplicate = random.chance(500) ? random.below(200) : 0;
  hardship.latency = random.skewed(1ms, 100ms);
  hardship.is_ordered = random.chance(500);
  hardship.flush = random.skewed(1ms, 200ms);
  hardship.stuck = random.chance(300) ? random.below(30) : 0;
  hardship.mishaps = random.skewed(20ms, 1s);
  hardship.vote_crashes = random.chance(500) ? random.below(500) : 0;
  hardship.election_most = random.chance(300) ? 255ms : 450ms;
  hardship.damages = random.chance(400);
  hardship.keeps_links = !hardship.damages && random.chance(500);
  hardship.kept_bytes = random.chance(500) ? random.below(4'000) : 1'000'000;
  hardship.append_bytes = static_cast<std::size_t>(random.between(1, 1'000));
  hardship.lasts = random.between(1s, 12s);
  return hardship;
}

std::string to_text(const Hardship& hardship) {
  std::ostringstream out;
  for (MemberKind kind : hardship.kinds) out << "VWL"[static_cast<std::size_t>(kind)];
  out << " drop=" << hardship.drop << " duplicate=" << hardship.duplicate
      << " latency=" << hardship.latency / 1us << "us ordered=" << hardship.is_ordered
      << " flush=" << hardship.flush / 1us << "us stuck=" << hardship.stuck
      << " mishaps=" << hardship.mishaps / 1ms << "ms damages=" << hardship.damages
      << " links=" << hardship.keeps_links << " kept=" << hardship.kept_bytes
      << " append=" << hardship.append_bytes << " lasts=" << hardship.lasts / 1ms << "ms";
  return out.str();
}

}  // namespace pawl::replication

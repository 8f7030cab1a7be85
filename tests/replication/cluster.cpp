// SPDX-License-Identifier: Apache-2.0
#include "cluster.hpp"

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "describe.hpp"
#include "replication/message_codec.hpp"

namespace pawl::replication {

using namespace std::chrono_literals;

namespace {

std::string encode_state(const std::vector<std::pair<Epoch, std::string>>& state) {
  EntryBlock block;
  for (const auto& [epoch, bytes] : state) block.add(epoch, bytes);
  std::string out;
  ByteWriter{out}.number(block.count());
  return out + block.bytes();
}

}  // namespace

void Cluster::DiskLog::put(LogIndex index, Stored entry) {
  ensure(index > base.index && index.value <= last().value + 1);
  entries.resize(index.value - base.index.value - 1);
  entries.push_back(std::move(entry));
}

Epoch Cluster::DiskLog::epoch_at(LogIndex index) const {
  return index == base.index ? base.epoch : entries[index.value - base.index.value - 1].epoch;
}

Cluster::Cluster(std::uint64_t seed, std::ostream* trace)
    : trace_(trace), random_(seed), hardship_(draw_hardship(random_)) {
  std::size_t size = hardship_.kinds.size();
  cut_.assign(size, std::vector<bool>(size));
  link_.assign(size, std::vector<Moment>(size));
  nodes_.resize(size);
  for (std::size_t i = 0; i < size; ++i) nodes_[i].member = Member{static_cast<std::uint8_t>(i)};
}

void Cluster::fail(const Node& node, const std::string& what) const {
  throw BrokenPromise{"node " + std::to_string(node.member.value) + " at " +
                      std::to_string(now_.time_since_epoch() / 1us) + " us: " + what};
}

void Cluster::note(Member node, const std::string& text) const {
  if (trace_ == nullptr) return;
  *trace_ << now_.time_since_epoch() / 1us << " n" << int{node.value} << ' ' << text << '\n';
}

void Cluster::at(Moment when, std::function<void()> what) {
  queue_.push({when, ++sequence_, std::move(what)});
}

// Happens if the process still lives then; while it is paused it happens at the end of the pause.
void Cluster::for_life(Node& node, Span after, std::function<void()> what) {
  at(now_ + after, [this, &node, life = node.life, what = std::move(what)] {
    if (node.life != life || !node.replica) return;
    if (node.is_paused) {
      node.missed.push_back(what);
    } else {
      what();
    }
  });
}

void Cluster::start(Node& node) {
  ++node.life;
  note(node.member, node.is_damaged ? "starts, damaged" : "starts");
  node.applied = node.snapshot.state;
  node.commit = node.snapshot.upto.index;
  EntryId base = node.snapshot.upto;
  // What lies behind the snapshot counts if it leads up to it.
  bool leads_up = base.index >= node.log.base.index && base.index <= node.log.last() &&
                  node.log.epoch_at(base.index) == base.epoch;
  if (!leads_up) node.log = {base, {}};
  Log log{base.index, base.epoch};
  for (LogIndex i{base.index.value + 1}; i <= node.log.last(); ++i.value) {
    const Stored& entry = node.log.entries[i.value - node.log.base.index.value - 1];
    log.append(entry.epoch, {}, [&](std::string& out) { out += entry.bytes; });
  }
  ReplicaOptions options;
  options.membership = Membership{hardship_.kinds, node.member};
  options.append_bytes = hardship_.append_bytes;
  options.kept_bytes = hardship_.kept_bytes;
  options.window = {8, 4 * hardship_.append_bytes};
  options.timing.election_most = hardship_.election_most;
  options.seed = random_.next();
  RepairId repair{node.is_damaged ? random_.next() | 1 : 0};
  node.replica.emplace(options, Restored{node.ballot, std::move(log), base.index, repair}, now_);
  arm(node);
}

void Cluster::crash(Node& node) {
  note(node.member, "crashes");
  // Of what was being written a part may be there.
  if (!node.writes.empty() && node.is_flushing) {
    Write& write = node.writes.front();
    if (write.restart && random_.chance(500)) node.log = {*write.restart, {}};
    bool is_restarted = !write.restart || node.log.base == *write.restart;
    std::uint64_t written = is_restarted ? random_.below(write.entries.size() + 1) : 0;
    for (std::uint64_t i = 0; i < written; ++i) {
      node.log.put(write.entries[i].first, write.entries[i].second);
    }
  }
  node.writes.clear();
  node.is_flushing = node.is_voting = false;
  node.vote.reset();
  node.replica.reset();
  node.is_paused = false;
  node.missed.clear();
  node.reads.clear();
  node.pending.clear();
  node.timer = never;
  ++node.life;
  for (Node& other : nodes_) {
    if (!other.replica || random_.chance(300)) continue;
    for_life(other, random_.skewed(0ms, 5ms),
             [this, &other, lost = node.member] { step(other, PeerLost{lost}); });
  }
  std::size_t votable = 0;
  for (MemberKind kind : hardship_.kinds) votable += kind != MemberKind::learner;
  bool may_damage = hardship_.damages && 2 * (damaged() + 1) < votable && !node.log.entries.empty();
  LogIndex first{std::max(node.snapshot.upto.index, node.log.base.index).value + 1};
  if (may_damage && first <= node.log.last() && random_.chance(400)) {
    LogIndex from{first.value + random_.below(node.log.last().value - first.value + 1)};
    node.log.entries.resize(from.value - node.log.base.index.value - 1);
    node.is_damaged = true;
  }
}

std::size_t Cluster::damaged() const {
  return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(),
                                                [](const Node& node) { return node.is_damaged; }));
}

void Cluster::pause(Node& node, Span span) {
  if (!node.replica || node.is_paused) return;
  note(node.member, "pauses for " + std::to_string(span / 1us));
  node.is_paused = true;
  at(now_ + span, [this, &node, life = node.life, span] {
    if (node.life != life || !node.is_paused) return;
    node.is_paused = false;
    // First what was missed, told that something was; then the time.
    if (span > 250ms) step(node, LoopGap{});
    for (const auto& what : std::exchange(node.missed, {})) {
      if (node.replica && !node.is_paused) what();
    }
    if (node.replica) step(node, Tick{});
  });
}

void Cluster::arm(Node& node) {
  Moment next = node.replica->next_deadline();
  if (next == never || next >= node.timer) return;
  node.timer = next;
  for_life(node, std::max(Span{0}, next - now_) + random_.skewed(0ms, 2ms), [this, &node] {
    node.timer = never;
    step(node, Tick{});
  });
}

void Cluster::step(Node& node, const Event& event) {
  ++summary_.steps;
  Actions actions;
  node.replica->step(now_, event, actions);
  perform(node, actions);
  apply(node);
  check(node);
  arm(node);
}

void Cluster::perform(Node& node, Actions& actions) {
  if (actions.stepped_down) {
    note(node.member,
         "steps down " + std::to_string(static_cast<int>(actions.stepped_down->reason)));
    std::vector<std::uint32_t> unknown;
    for (const Origin& origin : actions.stepped_down->unknown) unknown.push_back(origin.request);
    if (!std::equal(unknown.begin(), unknown.end(), node.pending.begin(), node.pending.end())) {
      fail(node, "stepped down without saying whose records are in the log");
    }
    summary_.handovers += actions.stepped_down->reason == StepDownReason::handed_over;
    node.pending.clear();
    node.reads.clear();
  }
  if (actions.load_snapshot) load_snapshot(node, *actions.load_snapshot);
  hand_over(node);
  for (const Outgoing& outgoing : actions.messages) transmit(node.member, outgoing);
  if (actions.store_vote) {
    node.vote = actions.store_vote;
    store_vote(node);
  }
  for (const PartWanted& wanted : actions.parts_wanted) read_part(node, wanted);
  if (actions.store_part) store_part(node, *actions.store_part);
  if (actions.repaired) {
    node.is_damaged = false;
    ++summary_.repairs;
  }
  if (actions.elected) {
    note(node.member, "elected in epoch " + std::to_string(actions.elected->value));
    check_elected(node, *actions.elected);
    node.replica->start_epoch(
        [&](std::string& out) { out += "start " + std::to_string(actions.elected->value); });
    step(node, Tick{});
  }
}

void Cluster::hand_over(Node& node) {
  Write write{.truncations = node.replica->truncations()};
  node.replica->hand_over([&](const Entry& entry) {
    Epoch before = node.replica->log().epoch_at(LogIndex{entry.index.value - 1});
    auto [known, is_new] = entries_.try_emplace(EntryId{entry.epoch, entry.index},
                                                Known{before, std::string{entry.bytes}});
    if (!is_new && (known->second.before != before || known->second.bytes != entry.bytes)) {
      fail(node, "log matching: record " + std::to_string(entry.index.value) + " of epoch " +
                     std::to_string(entry.epoch.value) + " differs");
    }
    write.entries.push_back({entry.index, {entry.epoch, std::string{entry.bytes}}});
    write.last = entry.index;
  });
  if (write.entries.empty()) return;
  node.writes.push_back(std::move(write));
  pump(node);
}

// One write and its flush at a time.
void Cluster::pump(Node& node) {
  if (node.is_flushing || node.writes.empty()) return;
  node.is_flushing = true;
  Span span = random_.skewed(100us, hardship_.flush);
  if (!is_healing_ && random_.chance(hardship_.stuck)) span = random_.between(100ms, 3s);
  // The disk goes on while the process is paused.
  at(now_ + span, [this, &node, life = node.life] {
    if (node.life != life) return;
    Write write = std::move(node.writes.front());
    node.writes.pop_front();
    node.is_flushing = false;
    if (write.restart) node.log = {*write.restart, {}};
    for (auto& [index, entry] : write.entries) node.log.put(index, std::move(entry));
    if (!write.entries.empty()) {
      for_life(node, 0ms, [this, &node, last = write.last, truncations = write.truncations] {
        step(node, Flushed{last, truncations});
      });
    }
    pump(node);
  });
}

// One at a time; of those that wait only the newest counts.
void Cluster::store_vote(Node& node) {
  if (node.is_voting || !node.vote) return;
  node.is_voting = true;
  Ballot ballot = *std::exchange(node.vote, std::nullopt);
  Span span = random_.skewed(100us, hardship_.flush);
  if (!is_healing_ && random_.chance(hardship_.stuck)) span = random_.between(100ms, 1s);
  if (!is_healing_ && random_.chance(hardship_.vote_crashes)) crash_soon(node, span);
  at(now_ + span, [this, &node, life = node.life, ballot] {
    if (node.life != life) return;
    node.ballot = ballot;
    node.is_voting = false;
    for_life(node, 0ms, [this, &node, ballot] { step(node, VoteStored{ballot}); });
    store_vote(node);
  });
}

void Cluster::transmit(Member from, const Outgoing& outgoing) {
  std::string bytes;
  encode_message(bytes, outgoing.message);
  if (decode_message(bytes) != outgoing.message) fail(nodes_[from.value], "the codec lost it");
  Node& to = nodes_[outgoing.to.value];
  if (cut_[from.value][outgoing.to.value] || random_.chance(hardship_.drop)) return;
  std::uint64_t copies = random_.chance(hardship_.duplicate) ? 2 : 1;
  std::uint32_t life = nodes_[from.value].life;
  for (; copies > 0; --copies) {
    Moment when = now_ + random_.skewed(50us, hardship_.latency);
    Moment& last = link_[from.value][outgoing.to.value];
    if (hardship_.is_ordered) last = when = std::max(when, last);
    at(when, [this, from, life, to_life = to.life, outgoing] {
      Node& target = nodes_[outgoing.to.value];
      bool is_gone = nodes_[from.value].life != life || target.life != to_life;
      if (is_gone && !hardship_.keeps_links) return;
      deliver(from, outgoing.to, outgoing.message);
    });
  }
}

void Cluster::deliver(Member from, Member to, const Message& message) {
  Node& node = nodes_[to.value];
  if (!node.replica) return;
  if (node.is_paused) {
    node.missed.push_back([this, from, to, message] { deliver(from, to, message); });
    return;
  }
  if (trace_ != nullptr) note(to, "<- n" + std::to_string(from.value) + ' ' + describe(message));
  step(node, Received{from, &message});
}

void Cluster::read_part(Node& node, const PartWanted& wanted) {
  if (node.snapshot.upto.index < node.replica->log().released()) take_snapshot(node);
  std::vector<std::pair<Epoch, std::string>> state;
  for (const Stored& entry : node.snapshot.state) state.emplace_back(entry.epoch, entry.bytes);
  std::string bytes = encode_state(state);
  std::uint64_t offset = wanted.upto == node.snapshot.upto ? wanted.offset : 0;
  std::uint64_t size = std::min<std::uint64_t>(bytes.size() - offset, bytes.size() / 3 + 1);
  message::SnapshotPart part{node.snapshot.upto, offset, offset + size == bytes.size(),
                             bytes.substr(offset, size)};
  for_life(node, random_.skewed(0ms, 5ms), [this, &node, to = wanted.to, part] {
    step(node, PartRead{to, part});
  });
}

void Cluster::store_part(Node& node, const message::SnapshotPart& part) {
  if (part.offset == 0) node.receiving.clear();
  node.receiving += part.bytes;
  for_life(node, random_.skewed(0ms, hardship_.flush), [this, &node, part] {
    if (part.last && part.upto.index > node.snapshot.upto.index) {
      ByteReader in{node.receiving};
      std::uint64_t count = in.number();
      EntryBlock block;
      if (!EntryBlock::parse(count, in.rest(), block)) fail(node, "a torn snapshot");
      node.snapshot = {part.upto, {}};
      block.each([&](Epoch epoch, std::string_view bytes) {
        node.snapshot.state.push_back({epoch, std::string{bytes}});
      });
    }
    step(node, PartStored{});
  });
}

void Cluster::load_snapshot(Node& node, const LoadSnapshot& load) {
  ++summary_.snapshots;
  if (node.snapshot.upto != load.upto) fail(node, "another snapshot is on the disk");
  node.applied = node.snapshot.state;
  for (std::size_t i = 0; i < node.applied.size(); ++i) {
    if (node.applied[i].bytes != ledger_[i].bytes) fail(node, "a snapshot of what never was");
  }
  if (!load.restarts_log) return;
  node.writes.push_back({.restart = load.upto});
  pump(node);
}

// Of what is applied; known to be durable at once, which is the owner's worry.
void Cluster::take_snapshot(Node& node) {
  LogIndex applied{node.applied.size()};
  if (applied <= node.snapshot.upto.index) return;
  node.snapshot = {{node.applied.back().epoch, applied}, node.applied};
}

}  // namespace pawl::replication

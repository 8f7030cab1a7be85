// SPDX-License-Identifier: Apache-2.0
#include "simulation/cluster/disk.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "base/ensure.hpp"
#include "base/mutant.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;
using replication::EntryId;

namespace {

journal::Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

std::string_view text_of(journal::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void move_to(std::string& to, std::vector<std::byte>& from) {
  to += text_of(from);
  from.clear();
}

}  // namespace

ClusterDisk::ClusterDisk(Schedule& schedule, const Options& options, std::uint64_t seed,
                         Surroundings surroundings)
    : schedule_(schedule),
      options_(options),
      random_(seed),
      surroundings_(std::move(surroundings)) {}

void ClusterDisk::later(Span span, std::function<void()> what) {
  schedule_.after(span, [this, life = life_, what = std::move(what)] {
    if (life == life_) what();
  });
}

Span ClusterDisk::latency() {
  Span span = random_.skewed(100us, options_.most_flush);
  return std::max(span, stuck_until_ - schedule_.now());
}

void ClusterDisk::stick(Span length) {
  if (!calm_) stuck_until_ = std::max(stuck_until_, schedule_.now() + length);
}

node::Recovered ClusterDisk::start() {
  ++life_;
  bool alone = options_.cluster->nodes() == 1;
  node::Recovery recovery{options_.seed, alone};
  EntryId from;
  if (!snapshots_.empty()) {
    feed_snapshot(recovery);
    from = snapshots_.back().upto;
  }
  // What lies behind the snapshot counts if it leads up to it.
  if (from.index < log_base_.index || !log_has(from)) {
    log_base_ = from;
    log_.clear();
  }
  for (std::size_t i = from.index.value - log_base_.index.value; i < log_.size(); ++i) {
    LogIndex index{log_base_.index.value + i + 1};
    ensure(recovery.replay(index, log_[i].epoch, log_[i].bytes));
  }
  node::Recovered recovered = recovery.take();
  recovered.ballot = meta_.ballot;
  recovered.blank = !alone && meta_.blank;
  if (meta_.recovering || recovered.blank) recovered.repair.value = random_.next() | 1;
  // One alone elects itself anew at every start, in an epoch of its own.
  if (alone) {
    recovered.ballot.epoch = std::max(recovered.epoch, meta_.ballot.epoch);
    meta_.ballot.epoch = Epoch{recovered.ballot.epoch.value + 1};
  }
  Token granted = std::max(recovered.table->last_granted(), recovered.token_floor);
  meta_.ceiling = std::max(meta_.ceiling, Token{granted.value + (std::uint64_t{1} << 20)});
  meta_.longest_ttl = std::max(meta_.longest_ttl, options_.most_ttl);
  recovered.ceiling = meta_.ceiling;
  recovered.longest_ttl = meta_.longest_ttl;
  return recovered;
}

void ClusterDisk::feed_snapshot(node::Recovery& recovery) const {
  const Snapshot& snapshot = snapshots_.back();
  bool sound = true;
  journal::SnapshotDecoder decoder{
      {[](const journal::SnapshotHeader&, journal::Bytes) {},
       [&](journal::Bytes chunk) { sound = recovery.feed_snapshot(text_of(chunk)) && sound; }}};
  sound = decoder.feed(bytes_of(snapshot.bytes)) && sound;
  ensure(std::holds_alternative<journal::SnapshotWhole>(decoder.finish()));
  ensure(sound && recovery.end_snapshot(snapshot.upto.index, snapshot.upto.epoch));
}

std::vector<Epoch> ClusterDisk::epochs() const {
  std::vector<Epoch> epochs;
  for (const Stored& stored : log_) epochs.push_back(stored.epoch);
  return epochs;
}

bool ClusterDisk::has(EntryId id) const {
  if (!snapshots_.empty() && id.index <= snapshots_.back().upto.index) {
    if (id.index < snapshots_.back().upto.index || id == snapshots_.back().upto) return true;
  }
  return log_has(id);
}

bool ClusterDisk::log_has(EntryId id) const {
  if (id.index <= log_base_.index) return id.index < log_base_.index || id == log_base_;
  std::uint64_t place = id.index.value - log_base_.index.value - 1;
  return place < log_.size() && log_[place].epoch == id.epoch;
}

void ClusterDisk::want(const node::Actions& actions, const node::Node&) {
  if (actions.restart_log) {
    writes_.push_back({actions.restart_log, {}, 0});
    pump();
  }
  if (actions.store_vote) store_vote(*actions.store_vote, actions.joined);
  if (actions.repaired) {
    post([this] { meta_.recovering = false; });
  }
  if (actions.store_meta) {
    post([this, wanted = *actions.store_meta] {
      meta_.ceiling = std::max(meta_.ceiling, wanted.ceiling);
      meta_.longest_ttl = std::max(meta_.longest_ttl, wanted.longest_ttl);
      surroundings_.deliver(node::MetaStored{meta_.ceiling, meta_.longest_ttl});
    });
  }
  if (actions.snapshot) {
    post([this, part = *actions.snapshot] { save(part); });
  }
  for (const replication::PartWanted& wanted : actions.parts_wanted) {
    post([this, wanted] { read_part(wanted); });
  }
  if (actions.store_part) {
    post([this, part = *actions.store_part] { take_in(part); });
  }
}

void ClusterDisk::post(std::function<void()> what) {
  tasks_.push_back(std::move(what));
  if (tasks_.size() == 1) later(latency(), [this] { run_next(); });
}

void ClusterDisk::run_next() {
  std::uint64_t life = life_;
  auto task = std::move(tasks_.front());
  task();
  if (life != life_) return;
  tasks_.pop_front();
  if (!tasks_.empty()) later(latency(), [this] { run_next(); });
}

void ClusterDisk::store_vote(const replication::Ballot& ballot,
                             std::optional<replication::Joined> joined) {
  bool halves = is_mutant(Mutant::vote_in_two_writes) && ballot.voted_for;
  auto write = [this, joined](const replication::Ballot& written) {
    meta_.ballot = written;
    if (!joined) return;
    meta_.blank = false;
    meta_.recovering = joined->damaged;
  };
  if (!calm_ && random_.chance(options_.cluster->vote_crash_permille)) surroundings_.vote_crash();
  post([this, write, ballot, halves] {
    write(halves ? replication::Ballot{ballot.epoch, {}} : ballot);
    surroundings_.deliver(replication::VoteStored{ballot});
  });
  if (halves) post([write, ballot] { write(ballot); });
}

void ClusterDisk::save(const node::SnapshotPart& part) {
  std::vector<std::byte> out;
  if (part.first) {
    encoder_ = {};
    saving_ = {{part.epoch, part.index}, {}};
    encoder_.begin({part.index, part.epoch, {}}, {}, out);
  }
  if (!part.bytes.empty()) encoder_.chunk(bytes_of(part.bytes), out);
  if (part.last) encoder_.finish(out);
  move_to(saving_.bytes, out);
  if (part.last) keep(std::move(saving_));
  surroundings_.deliver(node::SnapshotPartTaken{});
  if (part.last) surroundings_.deliver(node::SnapshotSaved{part.index});
}

void ClusterDisk::keep(Snapshot snapshot) {
  if (!snapshots_.empty() && snapshots_.back().upto.index >= snapshot.upto.index) return;
  snapshots_.push_back(std::move(snapshot));
  if (snapshots_.size() > 2) snapshots_.erase(snapshots_.begin());
}

// Where that snapshot is gone, or there is no more of it, the newest from its beginning.
void ClusterDisk::read_part(const replication::PartWanted& wanted) {
  if (snapshots_.empty()) return;
  const Snapshot* found = &snapshots_.back();
  std::uint64_t offset = 0;
  for (const Snapshot& snapshot : snapshots_) {
    bool goes_on = snapshot.upto == wanted.upto && wanted.offset < snapshot.bytes.size();
    if (wanted.offset == 0 || !goes_on) continue;
    found = &snapshot;
    offset = wanted.offset;
  }
  std::string bytes = found->bytes.substr(offset, options_.cluster->part_bytes);
  bool last = offset + bytes.size() == found->bytes.size();
  surroundings_.deliver(
      replication::PartRead{wanted.to, {found->upto, offset, last, std::move(bytes)}});
}

void ClusterDisk::take_in(const replication::message::SnapshotPart& part) {
  if (part.offset == 0) receiving_ = {part.upto, {}};
  receiving_.bytes += part.bytes;
  bool ok = true;
  if (part.last) {
    journal::SnapshotDecoder decoder{
        {[](const journal::SnapshotHeader&, journal::Bytes) {}, [](journal::Bytes) {}}};
    static_cast<void>(decoder.feed(bytes_of(receiving_.bytes)));
    ok = std::holds_alternative<journal::SnapshotWhole>(decoder.finish());
    if (ok) {
      ++taken_in_;
      keep(std::move(receiving_));
    }
  }
  surroundings_.deliver(replication::PartStored{ok});
}

void ClusterDisk::append(std::vector<Appended> records, std::uint64_t truncations) {
  // While one flush is under way, the next batch gathers.
  if (writes_.size() > (writing_ ? 1u : 0u)) {
    Write& last = writes_.back();
    std::move(records.begin(), records.end(), std::back_inserter(last.records));
    last.truncations = truncations;
  } else {
    writes_.push_back({{}, std::move(records), truncations});
  }
  pump();
}

// One write and its flush at a time.
void ClusterDisk::pump() {
  if (writing_ || writes_.empty()) return;
  writing_ = true;
  later(latency(), [this] {
    Write write = std::move(writes_.front());
    writes_.pop_front();
    writing_ = false;
    apply(write, write.records.size());
    if (!write.records.empty()) {
      surroundings_.deliver(node::Flushed{write.records.back().id.index, write.truncations});
    }
    pump();
  });
}

void ClusterDisk::apply(Write& write, std::size_t records) {
  if (write.restart) {
    log_base_ = *write.restart;
    log_.clear();
  }
  for (std::size_t i = 0; i < records; ++i) {
    const Appended& record = write.records[i];
    ensure(record.id.index > log_base_.index);
    std::uint64_t place = record.id.index.value - log_base_.index.value - 1;
    ensure(place <= log_.size());
    log_.resize(place);
    log_.push_back({record.id.epoch, record.bytes});
  }
}

// Of what was being written a part may be there.
void ClusterDisk::end() {
  ++life_;
  bool has_begun = writing_ && (!writes_.front().restart || random_.chance(500));
  if (has_begun) apply(writes_.front(), random_.below(writes_.front().records.size() + 1));
  writes_.clear();
  writing_ = false;
  tasks_.clear();
  saving_ = receiving_ = {};
}

bool ClusterDisk::is_damageable() const {
  if (log_.empty()) return false;
  return snapshots_.empty() ||
         snapshots_.back().upto.index.value < log_base_.index.value + log_.size();
}

// Not what a snapshot has: that is in a file of its own.
void ClusterDisk::damage() {
  std::uint64_t least = snapshots_.empty() ? 0 : snapshots_.back().upto.index.value;
  least = std::max(least, log_base_.index.value) - log_base_.index.value;
  log_.resize(least + random_.below(log_.size() - least));
  meta_.recovering = true;
}

void ClusterDisk::wipe() {
  meta_ = {};
  log_.clear();
  log_base_ = {};
  snapshots_.clear();
}

}  // namespace pawl::simulation

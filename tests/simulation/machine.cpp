// SPDX-License-Identifier: Apache-2.0
#include "machine.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "journal/names.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

journal::Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

}  // namespace

Machine::Machine(Schedule& schedule, const Options& options, std::uint64_t seed,
                 Surroundings surroundings)
    : schedule_(schedule),
      options_(options),
      random_(seed),
      surroundings_(std::move(surroundings)),
      disk_(seed) {}

Span Machine::latency() {
  if (!calm_ && random_.chance(options_.stall_permille)) {
    return random_.between(options_.most_flush, options_.most_flush + options_.most_stall);
  }
  return random_.skewed(100us, options_.most_flush);
}

void Machine::later(Span span, std::function<void()> what) {
  schedule_.after(span, [this, life = life_, what = std::move(what)] {
    if (life == life_) what();
  });
}

void Machine::fail() {
  end(disk_.stopped() && power_goes_ ? EndOfProcess::power_cut : EndOfProcess::killed);
  surroundings_.ended();
}

// What runs on the daemon's background thread, one after the other.
void Machine::post(Task task) {
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1) later(latency(), [this] { run_next(); });
}

void Machine::run_next() {
  if (const auto done = tasks_.front()(); !done) return fail();
  tasks_.pop_front();
  if (!tasks_.empty()) later(latency(), [this] { run_next(); });
}

void Machine::want(const node::Actions& actions) {
  if (actions.store_meta) post([this, wanted = *actions.store_meta] { return store(wanted); });
  if (actions.snapshot) {
    const journal::BatchSequence durable = log_->durable();
    post([this, part = *actions.snapshot, durable] { return save(part, durable); });
  }
}

storage::Result<void> Machine::store(const node::MetaStored& wanted) {
  meta_.token_ceiling = std::max(meta_.token_ceiling, wanted.ceiling);
  meta_.longest_ttl = std::max(meta_.longest_ttl, wanted.longest_ttl);
  if (log_) meta_.durable = log_->durable();
  if (const auto written = meta_file_->write(meta_); !written) return written;
  later(Span{0}, [this, stored = node::MetaStored{meta_.token_ceiling, meta_.longest_ttl}] {
    surroundings_.deliver(stored);
  });
  return {};
}

// A snapshot that finds no room is given up; the next one is as good.
storage::Result<void> Machine::save(const node::SnapshotPart& part,
                                    journal::BatchSequence durable) {
  auto write = [&]() -> storage::Result<void> {
    if (part.first) {
      snapshot_ = std::make_unique<storage::SnapshotFile>(
          disk_, journal::SnapshotHeader{part.index, part.epoch, durable});
      if (const auto begun = snapshot_->begin({}); !begun) return begun;
    }
    if (snapshot_ == nullptr) return {};
    if (!part.bytes.empty()) {
      if (const auto done = snapshot_->chunk(bytes_of(part.bytes)); !done) return done;
    }
    if (!part.last) return {};
    if (const auto whole = snapshot_->finish(); !whole) return whole.error();
    snapshot_.reset();
    return storage::delete_superseded(disk_);
  };
  const auto written = write();
  if (!written && written.error().kind != storage::FailureKind::no_space) return written;
  if (!written) {
    if (const auto abandoned = snapshot_->abandon(); !abandoned) return abandoned;
    snapshot_.reset();
  }
  later(Span{0}, [this] { surroundings_.deliver(node::SnapshotPartTaken{}); });
  return {};
}

void Machine::append(node::Node& node) {
  if (!log_) return;
  node.hand_over([&](const replication::Entry& entry) {
    const journal::Record record{journal::RecordKind::entry, entry.epoch, entry.index,
                                 bytes_of(entry.bytes)};
    if (batches_.empty() || !batches_.back().can_add(epoch_, record)) batches_.emplace_back();
    batches_.back().add(epoch_, record);
  });
  pump();
}

// One write and its flush at a time; what comes meanwhile is the next batch.
void Machine::pump() {
  if (writing_ || batches_.empty()) return;
  writing_ = true;
  later(Span{0}, [this] {
    journal::BatchWriter& batch = batches_.front();
    const std::string filling(random_.below(options_.disk->most_filling + 1), 'f');
    const journal::Record local{journal::RecordKind::local, epoch_, {}, bytes_of(filling)};
    if (batch.can_add(epoch_, local)) batch.add(epoch_, local);
    if (!log_->has_room(batch.sealed_bytes())) {
      if (!prepared_) {  // prepare() goes on with it
        writing_ = false;
        return;
      }
      if (const auto done = log_->rotate(); !done) return fail();
      prepared_ = false;
      prepare();
    }
    const LogIndex last = batch.last_index();
    if (const auto done = log_->write(batch); !done) return fail();
    batches_.pop_front();
    later(latency(), [this, last] { finish_write(last); });
  });
}

void Machine::finish_write(LogIndex last) {
  if (options_.durability == Durability::fsync) {
    if (const auto done = log_->sync(); !done) return fail();
  } else if (!std::exchange(flush_due_, true)) {
    later(1s, [this] {
      flush_due_ = false;
      if (const auto done = log_->sync(); !done) fail();
    });
  }
  writing_ = false;
  const std::uint64_t life = life_;
  surroundings_.deliver(node::Flushed{last});
  if (life == life_) pump();
}

void Machine::prepare() {
  post([this]() -> storage::Result<void> {
    const auto done = storage::prepare_segment(disk_, journal::min_segment_bytes);
    const bool no_room = !done && done.error().kind == storage::FailureKind::no_space;
    if (!done && !no_room) return done;
    if (std::exchange(full_, no_room) != no_room) {
      later(Span{0}, [this, no_room] { surroundings_.deliver(node::DiskSpace{no_room}); });
    }
    if (no_room) {
      later(100ms, [this] { prepare(); });
      return {};
    }
    prepared_ = true;
    pump();
    return {};
  });
}

void Machine::end(EndOfProcess how) {
  if (how == EndOfProcess::in_order) {
    bool flushed = true;
    for (; log_ && flushed && !batches_.empty(); batches_.pop_front()) {
      flushed =
          log_->has_room(batches_.front().sealed_bytes()) && bool{log_->write(batches_.front())};
    }
    if (flushed && log_) flushed = bool{log_->sync()};
    meta_.clean = true;
    if (log_) meta_.durable = log_->durable();
    if (!flushed || !meta_file_->write(meta_)) {
      how = disk_.stopped() && power_goes_ ? EndOfProcess::power_cut : EndOfProcess::killed;
    }
  }
  ++life_;
  if (how == EndOfProcess::power_cut) {
    disk_.cut_power();
    ++boot_;
  } else {
    disk_.kill_process();
  }
  forgot_ = forgot_ || options_.durability == Durability::none ||
            (options_.durability == Durability::relaxed && how == EndOfProcess::power_cut);
  power_goes_ = false;
  snapshot_.reset();
  batches_.clear();
  tasks_.clear();
  writing_ = flush_due_ = prepared_ = full_ = false;
}

void Machine::cut_power_soon() {
  power_goes_ = true;
  disk_.stop_after(random_.below(24));
}

void Machine::fail_flush_soon() { disk_.fail_sync_in(random_.below(6)); }

void Machine::fill_up(Span length) {
  disk_.set_capacity(0);
  later(Span{0}, [this] { surroundings_.deliver(node::DiskSpace{true}); });
  later(length, [this] {
    disk_.set_capacity(std::uint64_t{1} << 40U);
    if (!full_) surroundings_.deliver(node::DiskSpace{false});
  });
}

void Machine::damage() {
  auto names = disk_.list();
  std::vector<std::string> segments;
  for (const std::string& name : *names) {
    if (name.starts_with("wal-")) segments.push_back(name);
  }
  damaged_ = true;
  if (random_.chance(300) && segments.size() > 1) {
    // Gone, as if the directory had rotted; not the last, for nothing would tell of that.
    if (!disk_.remove(segments[random_.below(segments.size() - 1)]) || !disk_.sync()) return;
    return;
  }
  std::string name = (*names)[random_.below(names->size())];
  if (!segments.empty() && random_.chance(600)) name = segments.back();
  const std::vector<std::byte> bytes = disk_.read(name);
  std::size_t end = bytes.size();
  while (end > 0 && bytes[end - 1] == std::byte{0}) --end;
  if (end == 0) return;
  // The end of what is written is where torn and rotten are told apart.
  std::size_t reach = random_.chance(500) ? std::min<std::size_t>(end, 700) : end;
  std::uint64_t at = end - 1 - random_.below(reach);
  if (random_.chance(250)) {
    disk_.make_unreadable(name, at, at + 1);
  } else {
    disk_.rot(name, at, std::byte{static_cast<std::uint8_t>(1 + random_.below(255))});
  }
}

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
//
// The start of a machine's process: META, snapshot, log, in that order (src/server/store_open.cpp).
#include <algorithm>

#include "base/mutant.hpp"
#include "broken_law.hpp"
#include "invariants.hpp"
#include "machine.hpp"

namespace pawl::simulation {
namespace {

// For some a narrow one, so that grants do wait for META.
std::uint64_t first_ceiling(std::uint64_t seed) {
  return seed % 3 == 0 ? 2 : std::uint64_t{1} << 20;
}

std::string_view text_of(journal::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Feeds what storage hands out to the core.
class Feeder {
 public:
  explicit Feeder(node::Recovery& recovery) : recovery_(recovery) {}

  [[nodiscard]] storage::RecoverySink sink() {
    storage::RecoverySink sink;
    sink.snapshot.head = [this](const journal::SnapshotHeader& header, journal::Bytes) {
      snapshot_ = header;
    };
    sink.snapshot.chunk = [this](journal::Bytes chunk) {
      sound_ = recovery_.feed_snapshot(text_of(chunk)) && sound_;
    };
    sink.log.record = [this](const journal::Record& record) {
      end_snapshot();
      if (record.kind == journal::RecordKind::local || !sound_) return;
      sound_ = recovery_.replay(record.index, record.epoch, text_of(record.payload));
    };
    sink.log.forget_from = [this](LogIndex) { sound_ = false; };
    return sink;
  }
  void end_snapshot() {
    if (!snapshot_) return;
    sound_ = recovery_.end_snapshot(snapshot_->index, snapshot_->epoch) && sound_;
    snapshot_.reset();
  }
  [[nodiscard]] bool sound() const { return sound_; }

 private:
  node::Recovery& recovery_;
  std::optional<journal::SnapshotHeader> snapshot_;  // being fed
  bool sound_ = true;
};

}  // namespace

Machine::Started Machine::start() {
  ++life_;
  disk_.set_capacity(std::uint64_t{1} << 40U);
  meta_file_ = std::make_unique<storage::MetaFile>(disk_);
  meta_ = {};
  is_new_ = false;
  log_.reset();
  auto opened = open();
  if (opened) {
    epoch_ = meta_.epoch;
    if (options_.durability != Durability::none) prepare();
    return std::move(*opened);
  }
  if (disk_.stopped() || opened.error().kind == storage::FailureKind::sync) {
    end(power_goes_ ? EndOfProcess::power_cut : EndOfProcess::killed);
    return Ended{};
  }
  return Refused{opened.error().message};
}

storage::Result<node::Recovered> Machine::open() {
  if (auto read = read_meta(); !read) return read.error();
  auto recovered = recover();
  if (!recovered) return recovered.error();
  if (auto begun = say_begun(*recovered); !begun) return begun.error();
  return recovered;
}

storage::Result<void> Machine::read_meta() {
  auto read = meta_file_->read();
  if (!read) return read.error();
  if (*read) {
    meta_ = std::move(**read);
    return {};
  }
  meta_.incarnation = random_.next();
  meta_.clean = true;
  meta_.durability = options_.durability;
  is_new_ = true;
  return meta_file_->write(meta_);
}

storage::Result<node::Recovered> Machine::recover() {
  node::Recovery recovery(options_.seed);
  Feeder feeder(recovery);
  auto found = storage::recover(disk_, meta_, feeder.sink());
  if (!found) return found.error();
  feeder.end_snapshot();
  if (!feeder.sound()) {
    return storage::Failure{storage::FailureKind::damaged, "the core cannot read it, though whole"};
  }
  if (!found->rejected.empty() && !damaged_) {
    throw Violation{"W7 a snapshot with its name is whole",
                    found->rejected.front().name + ": " + found->rejected.front().why};
  }
  if (options_.durability == Durability::none) return recovery.take();
  storage::OpenLogOptions wanted;
  wanted.segment_bytes = journal::min_segment_bytes;
  wanted.salt_seed = random_.next();
  wanted.clean_shutdown = meta_.clean && meta_.boot == std::to_string(boot_);
  auto opened = storage::open_log(disk_, *found, wanted);
  if (!opened) return opened.error();
  log_ = std::move(*opened);
  return recovery.take();
}

storage::Result<void> Machine::say_begun(node::Recovered& recovered) {
  bool forgets = meta_.durability == Durability::none ||
                 (meta_.durability == Durability::relaxed && !meta_.clean);
  if (!is_new_ && (forgets || !meta_.clean || meta_.hold_grants)) {
    recovered.token_floor = meta_.token_ceiling;
  }
  if (!is_new_ && (forgets || meta_.hold_grants)) recovered.grace = meta_.longest_ttl;
  meta_.hold_grants = recovered.grace > Milliseconds{0};
  if (meta_.hold_grants) {
    later(recovered.grace, [this] {
      post([this] {
        meta_.hold_grants = false;
        return meta_file_->write(meta_);
      });
    });
  }
  Token granted = std::max(recovered.table->last_granted(), recovered.token_floor);
  meta_.token_ceiling =
      Token{std::max(meta_.token_ceiling.value, granted.value + first_ceiling(options_.seed))};
  meta_.longest_ttl = std::max(meta_.longest_ttl, options_.most_ttl);
  recovered.ballot.epoch = std::max(recovered.epoch, meta_.epoch);
  meta_.epoch = Epoch{recovered.ballot.epoch.value + 1};
  meta_.node = "n1";
  meta_.boot = std::to_string(boot_);
  meta_.durability = options_.durability;
  meta_.clean = false;
  recovered.ceiling = meta_.token_ceiling;
  recovered.longest_ttl = meta_.longest_ttl;
  return meta_file_->write(meta_);
}

}  // namespace pawl::simulation

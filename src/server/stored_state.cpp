// SPDX-License-Identifier: Apache-2.0
#include "server/stored_state.hpp"

#include <sys/random.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/ensure.hpp"

namespace pawl::server {
namespace {

int exit_code_of(storage::FailureKind kind) {
  switch (kind) {
    case storage::FailureKind::io:
    case storage::FailureKind::sync:
    case storage::FailureKind::no_space: return 74;
    case storage::FailureKind::missing: return 73;
    case storage::FailureKind::permissions: return 77;
    case storage::FailureKind::held: return 75;
    case storage::FailureKind::damaged:
    case storage::FailureKind::newer_format: return 65;
  }
  return 74;
}

std::string_view text_of(journal::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Feeds what storage hands out to the core, and keeps the first thing that the core cannot read.
class Feeder {
 public:
  Feeder(node::Recovery& recovery, const std::function<void()>& progress)
      : recovery_(recovery), progress_(progress) {}

  [[nodiscard]] storage::RecoverySink sink() {
    storage::RecoverySink sink;
    sink.snapshot.head = [this](const journal::SnapshotHeader& header, journal::Bytes head) {
      snapshot_ = header;
      head_ = std::string(text_of(head));
    };
    sink.snapshot.chunk = [this](journal::Bytes chunk) {
      if (progress_) progress_();
      if (!recovery_.feed_snapshot(text_of(chunk))) say("the snapshot");
    };
    sink.log.record = [this](const journal::Record& record) { replay(record); };
    sink.log.forget_from = [this](LogIndex index) {
      end_snapshot();
      if (wrong_.empty() && !recovery_.forget_from(index))
        say("record " + std::to_string(index.value) + ", overridden,");
    };
    return sink;
  }

  void end_snapshot() {
    if (!snapshot_) return;
    if (!recovery_.end_snapshot(snapshot_->index, snapshot_->epoch)) say("the snapshot");
    snapshot_.reset();
  }

  [[nodiscard]] const std::string& wrong() const { return wrong_; }
  [[nodiscard]] const std::optional<std::string>& head() const { return head_; }

 private:
  void replay(const journal::Record& record) {
    if (progress_) progress_();
    end_snapshot();
    if (record.kind == journal::RecordKind::local || !wrong_.empty()) return;
    if (!recovery_.replay(record.index, record.epoch, text_of(record.payload))) {
      say("record " + std::to_string(record.index.value));
    }
  }

  void say(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  node::Recovery& recovery_;
  const std::function<void()>& progress_;
  std::optional<journal::SnapshotHeader> snapshot_;  // being fed
  std::optional<std::string> head_;
  std::string wrong_;
};

}  // namespace

StartFailure start_failure(const storage::Failure& failure) {
  return {exit_code_of(failure.kind), failure.message};
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  ensure(::getrandom(&number, sizeof number, 0) == sizeof number);
  return number;
}

Started<StoredState> read_state(storage::Directory& files, const journal::Meta& meta,
                                Records records, const std::function<void()>& progress) {
  node::Recovery recovery(random_number(), meta.cluster == 0);
  Feeder feeder(recovery, progress);
  auto found = storage::recover(files, meta, feeder.sink());
  if (!found) return start_failure(found.error());
  feeder.end_snapshot();
  if (!feeder.wrong().empty()) {
    return StartFailure{65, files.path_of("") + ": " + feeder.wrong() +
                                " is not of this version of pawld, though whole: start the version "
                                "that wrote it"};
  }
  if (records == Records::all) recovery.apply_all();
  node::Recovered recovered = recovery.take();
  recovered.snapshot_head = feeder.head();
  return StoredState{std::move(*found), std::move(recovered)};
}

}  // namespace pawl::server

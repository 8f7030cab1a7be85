// SPDX-License-Identifier: Apache-2.0
//
// Writes snapshots beside the loop: the io thread hands over the head and chunk by chunk, the
// background worker writes, flushes, reads back, and deletes what is superseded, a little at a time
// and behind its other tasks. One snapshot at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <variant>

#include "storage/snapshot_file.hpp"
#include "storage/worker.hpp"

namespace pawl::storage {

struct SnapshotSaved {
  std::string name;
  journal::SnapshotWhole whole;
};
// Not saved; the older snapshots and the log stay. `fatal`: a flush failed, the process must end.
struct SnapshotFailed {
  Failure failure;
  bool fatal = false;
};
using SnapshotEvent = std::variant<SnapshotSaved, SnapshotFailed>;

class SnapshotSaver {
 public:
  // Called once for each begin() that was not abandoned, on the worker's thread.
  using Notify = std::function<void(const SnapshotEvent&)>;

  SnapshotSaver(Directory& directory, Worker& worker, Notify notify);
  ~SnapshotSaver();
  SnapshotSaver(const SnapshotSaver&) = delete;
  SnapshotSaver& operator=(const SnapshotSaver&) = delete;

  // io thread; copies what it is given.
  void begin(const journal::SnapshotHeader& header, Bytes head);
  void chunk(Bytes payload);
  void finish();
  void abandon();

  // Handed over and not yet written: make no more chunks while this is large.
  [[nodiscard]] std::size_t pending_bytes() const { return pending_->load(); }

 private:
  struct Job;
  using Step = std::function<Result<void>(SnapshotFile&)>;

  void post(Step step);
  void post(const std::shared_ptr<Job>& job, Step step);
  void read_back(const std::shared_ptr<Job>& job);

  Directory& directory_;
  Worker& worker_;
  const Notify notify_;
  std::shared_ptr<std::atomic<std::size_t>> pending_;
  std::shared_ptr<Job> job_;  // the one begun; its insides are the worker's
};

}  // namespace pawl::storage

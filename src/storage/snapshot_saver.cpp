// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot_saver.hpp"

#include <utility>

namespace pawl::storage {

struct SnapshotSaver::Job {
  Job(Directory& directory, const journal::SnapshotHeader& header) : file(directory, header) {}

  SnapshotFile file;
  bool over = false;  // told, or abandoned: later steps do nothing
};

SnapshotSaver::SnapshotSaver(Directory& directory, Worker& worker, Notify notify)
    : directory_(directory),
      worker_(worker),
      notify_(std::move(notify)),
      pending_(std::make_shared<std::atomic<std::size_t>>(0)) {}

SnapshotSaver::~SnapshotSaver() {
  if (job_ != nullptr) abandon();
  worker_.drain();
}

void SnapshotSaver::post(Step step) {
  ensure(job_ != nullptr);
  post(job_, std::move(step));
}

void SnapshotSaver::post(const std::shared_ptr<Job>& job, Step step) {
  worker_.post_later([this, job, step = std::move(step)] {
    if (job->over) return;
    const auto done = step(job->file);
    if (done) return;
    job->over = true;
    Failure failure = done.error();
    const auto abandoned = job->file.abandon();  // if this fails too, the first failure tells more
    static_cast<void>(abandoned);
    const bool fatal = failure.kind == FailureKind::sync;
    notify_(SnapshotFailed{std::move(failure), fatal});
  });
}

void SnapshotSaver::begin(const journal::SnapshotHeader& header, Bytes head) {
  ensure(job_ == nullptr);
  job_ = std::make_shared<Job>(directory_, header);
  post([head = std::vector<std::byte>(head.begin(), head.end())](SnapshotFile& file) {
    return file.begin(head);
  });
}

void SnapshotSaver::chunk(Bytes payload) {
  const std::size_t size = payload.size();
  *pending_ += size;
  // Given back when the task goes, whether or not it ran to its end.
  const std::shared_ptr<void> counted(nullptr,
                                      [pending = pending_, size](void*) { *pending -= size; });
  post([counted, payload = std::vector<std::byte>(payload.begin(), payload.end())](
           SnapshotFile& file) { return file.chunk(payload); });
}

void SnapshotSaver::finish() {
  post([this, job = job_](SnapshotFile& file) -> Result<void> {
    if (const auto done = file.write_end(); !done) return done.error();
    read_back(job);
    return {};
  });
  job_ = nullptr;
}

// A piece, and behind whatever else is to be done the next one.
void SnapshotSaver::read_back(const std::shared_ptr<Job>& job) {
  post(job, [this, job](SnapshotFile& file) -> Result<void> {
    const auto whole = file.read_back_piece();
    if (!whole) return whole.error();
    if (!*whole) {
      read_back(job);
      return {};
    }
    job->over = true;
    notify_(SnapshotSaved{file.name(), **whole});
    const auto deleted = delete_superseded(directory_);
    if (!deleted && deleted.error().kind == FailureKind::sync) {
      notify_(SnapshotFailed{deleted.error(), true});
    }
    return {};  // what could not be deleted is tried again with the next snapshot
  });
}

void SnapshotSaver::abandon() {
  post([job = job_](SnapshotFile& file) -> Result<void> {
    job->over = true;
    return file.abandon();
  });
  job_ = nullptr;
}

}  // namespace pawl::storage

// SPDX-License-Identifier: Apache-2.0
#include "storage/log_writer.hpp"

#include <utility>

namespace pawl::storage {

// NOLINTNEXTLINE(readability-function-size): its five collaborators have nothing else in common
LogWriter::LogWriter(Directory& directory, std::optional<Log> log, LogWriterOptions options,
                     Worker& worker, Notify notify)
    : options_(options), notify_(std::move(notify)), log_(std::move(log)) {
  ensure(log_.has_value() == (options_.durability != Durability::none));
  if (!log_) return;
  durable_ = log_->durable().value;
  order_ = journal::BatchEpoch(log_->end());
  SegmentSupply::Listener listener;
  listener.on_space = [this](bool low) { notify_(SpaceChanged{low}); };
  listener.on_failed = [this](const Failure& failure) { fail(failure); };
  supply_.emplace(directory, log_->capacity(), worker, std::move(listener));
  supply_->check();
  thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() { close(); }

journal::BatchWriter LogWriter::spare() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return {};
  journal::BatchWriter batch = std::move(spare_.back());
  spare_.pop_back();
  return batch;
}

void LogWriter::append(const journal::Record& record) {
  const Epoch current = order_.next(record);
  if (options_.durability == Durability::none) {
    if (turn_.empty()) turn_.emplace_back();  // only says that there was something
    return;
  }
  if (turn_.empty() || !turn_.back().can_add(current, record)) turn_.push_back(spare());
  turn_.back().add(current, record);
}

std::uint64_t LogWriter::flush() {
  if (turn_.empty()) return ticket_;
  ticket_ += 1;
  if (options_.durability == Durability::none) {
    turn_.clear();
    notify_(Flushed{ticket_, order_.last()});
    return ticket_;
  }
  {
    const std::lock_guard lock(mutex_);
    for (journal::BatchWriter& batch : turn_) {
      const std::uint64_t ticket = &batch == &turn_.back() ? ticket_ : ticket_ - 1;
      if (!ready_.empty() && ready_.back().batch.join(batch)) {
        ready_.back().ticket = ticket;
        spare_.push_back(std::move(batch));
      } else {
        ready_.push_back({std::move(batch), ticket});
      }
    }
  }
  turn_.clear();
  wake_.notify_one();
  return ticket_;
}

void LogWriter::restart_behind(LogIndex index, Epoch epoch) {
  flush();
  order_.restart_behind(index, epoch);
  if (options_.durability == Durability::none) return;
  {
    const std::lock_guard lock(mutex_);
    ready_.push_back({{}, ticket_, Restart{index, epoch}});
  }
  wake_.notify_one();
}

bool LogWriter::close() {
  if (!thread_.joinable()) return !failed_;
  flush();
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  supply_->stop();
  thread_.join();
  supply_.reset();
  return !failed_;
}

std::optional<std::uint64_t> LogWriter::free_bytes() const {
  return supply_ ? supply_->free_bytes() : std::nullopt;
}

void LogWriter::check_space() {
  if (supply_) supply_->check();
}

void LogWriter::fail(const Failure& failure) {
  if (!failed_.exchange(true)) notify_(LogFailed{failure});
}

void LogWriter::run() {
  Pending pending;
  bool alive = true;
  while (alive) {
    switch (next_work(pending)) {
      case Work::write: alive = write(pending); break;
      case Work::sync:
        alive = sync();
        if (alive) notify_(Synced{sync_took_});
        break;
      case Work::stop: return;
    }
  }
}

LogWriter::Work LogWriter::next_work(Pending& pending) {
  const bool unflushed = log_->durable() != log_->end().sequence;
  const auto due = synced_at_ + options_.relaxed_interval;
  std::unique_lock lock(mutex_);
  const auto something = [this] { return closing_ || !ready_.empty(); };
  if (!unflushed) {
    wake_.wait(lock, something);
  } else if (std::chrono::steady_clock::now() >= due || !wake_.wait_until(lock, due, something)) {
    return Work::sync;
  }
  if (ready_.empty()) return unflushed ? Work::sync : Work::stop;
  pending = std::move(ready_.front());
  ready_.pop_front();
  return Work::write;
}

template <class Begin>
bool LogWriter::begin_segment(Begin begin) {
  if (!supply_->take()) {
    fail({FailureKind::no_space, "there is no room left for the log"});
    return false;
  }
  if (const Result<void> done = begin(); !done) {
    fail(done.error());
    return false;
  }
  supply_->rotated();
  return true;
}

bool LogWriter::write(Pending& pending) {
  if (const auto restart = std::exchange(pending.restart, {})) {
    const auto begin = [&] { return log_->restart_behind(restart->index, restart->epoch); };
    if (!begin_segment(begin)) return false;
    durable_ = log_->durable().value;
  }
  if (pending.batch.empty()) return true;
  const std::size_t size = pending.batch.sealed_bytes();
  if (!log_->has_room(size) && !begin_segment([this] { return log_->rotate(); })) return false;
  if (const auto done = log_->write(pending.batch); !done) {
    fail(done.error());
    return false;
  }
  bytes_written_ += size;
  if (options_.durability == Durability::fsync && !sync()) return false;
  if (failed_) return false;  // of the supply: what ends the process ends the reports
  const bool is_flushed = options_.durability == Durability::fsync;
  notify_(Flushed{pending.ticket, log_->end().index,
                  is_flushed ? sync_took_ : std::chrono::nanoseconds{0}});
  const std::lock_guard lock(mutex_);
  spare_.push_back(std::move(pending.batch));
  return true;
}

bool LogWriter::sync() {
  const auto began = std::chrono::steady_clock::now();
  if (const auto done = log_->sync(); !done) {
    fail(done.error());
    return false;
  }
  synced_at_ = std::chrono::steady_clock::now();
  sync_took_ = synced_at_ - began;
  durable_ = log_->durable().value;
  return true;
}

}  // namespace pawl::storage

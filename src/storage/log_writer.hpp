// SPDX-License-Identifier: Apache-2.0
//
// Group commit: records of one loop turn go to the flush thread together; one flush is in flight,
// what comes meanwhile is the next batch. What is reported flushed is on the disk. A failure is
// reported once and ends the writing; then the process must end (exit code 74).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>

#include "base/settings.hpp"
#include "storage/log.hpp"
#include "storage/segment_supply.hpp"

namespace pawl::storage {

// Everything handed over up to this ticket is as durable as the setting asks.
struct Flushed {
  std::uint64_t ticket = 0;
  LogIndex index;                    // of the last entry
  std::chrono::nanoseconds took{0};  // the flush itself; 0: that was none
};
// In `relaxed`, where reports do not wait for it.
struct Synced {
  std::chrono::nanoseconds took{0};
};
struct LogFailed {
  Failure failure;
};
// The disk is (or no longer is) too full for new locks; what is in hand can still be written.
struct SpaceChanged {
  bool low = false;
};
using LogEvent = std::variant<Flushed, Synced, LogFailed, SpaceChanged>;

struct LogWriterOptions {
  Durability durability = Durability::fsync;
  std::chrono::milliseconds relaxed_interval{1000};  // between flushes in `relaxed`
};

class LogWriter {
 public:
  // Called on a thread of the writer, in order of the tickets: post to the io thread.
  using Notify = std::function<void(const LogEvent&)>;

  // Without a log (durability `none`) everything counts as flushed at once, within flush().
  LogWriter(Directory& directory, std::optional<Log> log, LogWriterOptions options, Worker& worker,
            Notify notify);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // io thread. Copies the payload; entries in order. One whose index was handed over before
  // overrides that and all behind it.
  void append(const journal::Record& record);
  // io thread. What is appended from here on goes on behind this record, which a snapshot on the
  // disk holds; what was before is void.
  void restart_behind(LogIndex index, Epoch epoch);
  [[nodiscard]] LogIndex last_index() const { return order_.last(); }
  // io thread, once a turn. Hands over what was appended; the ticket it will be reported with.
  std::uint64_t flush();

  // io thread. Writes and flushes what was handed over, ends the thread. False: there was a
  // failure. Only after true may META be marked clean.
  bool close();

  // Any thread, about every second: free space, the directory.
  void check_space();
  // As the last check found it; nothing before, and without a log. Any thread.
  [[nodiscard]] std::optional<std::uint64_t> free_bytes() const;
  // Any thread. For META and snapshots: the newest batch known durable, and bytes written so far.
  [[nodiscard]] journal::BatchSequence durable() const { return {durable_.load()}; }
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_.load(); }

 private:
  struct Restart {
    LogIndex index;
    Epoch epoch;
  };
  struct Pending {
    journal::BatchWriter batch;
    std::uint64_t ticket = 0;
    std::optional<Restart> restart{};  // before the batch, which may be empty
  };
  enum class Work : std::uint8_t { write, sync, stop };

  void run();
  [[nodiscard]] Work next_work(Pending& pending);
  [[nodiscard]] bool write(Pending& pending);
  template <class Begin>
  [[nodiscard]] bool begin_segment(Begin begin);
  [[nodiscard]] bool sync();
  void fail(const Failure& failure);
  [[nodiscard]] journal::BatchWriter spare();

  const LogWriterOptions options_;
  const Notify notify_;
  std::optional<Log> log_;  // the flush thread's
  std::optional<SegmentSupply> supply_;

  std::deque<journal::BatchWriter> turn_;  // the io thread's, with the two below
  std::uint64_t ticket_ = 0;
  journal::BatchEpoch order_;

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Pending> ready_;
  std::deque<journal::BatchWriter> spare_;
  bool closing_ = false;

  std::chrono::steady_clock::time_point synced_at_;  // the flush thread's, with the next
  std::chrono::nanoseconds sync_took_{0};
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<std::uint64_t> bytes_written_{0};
  std::thread thread_;
};

}  // namespace pawl::storage

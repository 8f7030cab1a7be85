// SPDX-License-Identifier: Apache-2.0
//
// The log as files: writes sealed batches one behind the other, moves on to the segment prepared
// beforehand. Blocks, has no threads and decides nothing: LogWriter runs it on its flush thread,
// the simulation step by step. After any failure it is dead.
#pragma once

#include <cstdint>
#include <memory>

#include "journal/batch_writer.hpp"
#include "journal/replay.hpp"
#include "storage/file.hpp"

namespace pawl::storage {

// Makes a file of zeros, flushed. no_space: nothing is left of it.
[[nodiscard]] Result<void> make_zero_file(Directory& directory, const std::string& name,
                                          std::uint64_t bytes);

// Makes next-segment.tmp, in which the log can go on.
[[nodiscard]] Result<void> prepare_segment(Directory& directory, std::uint64_t bytes);

class Log {
 public:
  // Goes on behind `end` in a new segment of this number; the directory must hold a prepared one.
  [[nodiscard]] static Result<Log> begin(Directory& directory, journal::SegmentHeader header,
                                         std::uint64_t salt_seed);
  // Goes on where replay ended. What it found there must be flushed (recovery.hpp sees to it).
  [[nodiscard]] static Result<Log> resume(Directory& directory,
                                          const journal::ReplayResult& replayed,
                                          const journal::SegmentName& name,
                                          std::uint64_t salt_seed);

  [[nodiscard]] bool has_room(std::size_t bytes) const { return offset_ + bytes <= capacity_; }

  // Flushes, then begins the next segment in the prepared file, which is used up.
  [[nodiscard]] Result<void> rotate();
  // Likewise, and the log goes on behind this record, which a snapshot on the disk holds: what was
  // written so far does not lead up to it and is void.
  [[nodiscard]] Result<void> restart_behind(LogIndex index, Epoch epoch);
  // Needs room. `batch` is left empty.
  [[nodiscard]] Result<void> write(journal::BatchWriter& batch);
  [[nodiscard]] Result<void> sync();

  [[nodiscard]] const journal::LogEnd& end() const { return end_; }
  [[nodiscard]] journal::BatchSequence durable() const { return durable_; }
  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }

 private:
  Log(Directory& directory, std::uint64_t salt_seed)
      : directory_(&directory), salt_seed_(salt_seed) {}
  [[nodiscard]] Result<void> begin_next(const journal::LogEnd& before);
  [[nodiscard]] Result<void> adopt(journal::SegmentHeader header);

  Directory* directory_;
  std::unique_ptr<File> file_;
  std::uint64_t salt_seed_;
  std::uint64_t salt_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t capacity_ = 0;
  journal::SegmentNumber number_;
  journal::LogEnd end_;
  journal::BatchSequence durable_;
};

}  // namespace pawl::storage

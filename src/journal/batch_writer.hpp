// SPDX-License-Identifier: Apache-2.0
//
// Gathers records into a batch and seals it for its place in the log. Storage is kept from batch to
// batch. One batch holds entries of one run of indices, written in one epoch.
#pragma once

#include <cstdint>
#include <vector>

#include "journal/batch.hpp"
#include "journal/segment.hpp"

namespace pawl::journal {

// The epoch of the batch in which the next record is written: as low as replay allows. That of the
// node will not do: it may have moved on since a record arrived, and whatever the next primary puts
// in that record's place would come in the same epoch.
class BatchEpoch {
 public:
  explicit BatchEpoch(const LogEnd& end = {}) : last_(end.index), epoch_(end.batch_epoch) {}

  [[nodiscard]] Epoch next(const Record& record);
  // The log begins anew behind this record, which a snapshot holds.
  void restart_behind(LogIndex index, Epoch epoch);
  [[nodiscard]] LogIndex last() const { return last_; }

 private:
  LogIndex last_;
  Epoch epoch_;
};

class BatchWriter {
 public:
  BatchWriter();

  // May this record join the batch, written by a node that is in epoch `current`?
  [[nodiscard]] bool can_add(Epoch current, const Record& record) const;
  void add(Epoch current, const Record& record);

  // May the whole of `later` join? Then it is taken in and left empty.
  [[nodiscard]] bool join(BatchWriter& later);

  [[nodiscard]] bool empty() const { return records_ == 0; }
  [[nodiscard]] LogIndex last_index() const { return last_; }  // 0: no entry
  [[nodiscard]] std::size_t sealed_bytes() const;

  // Makes the bytes for the place behind `end` in the segment of this salt, and moves `end` past
  // them. `durable`: the newest batch whose flush has returned. Then only clear() is allowed.
  [[nodiscard]] Bytes seal(std::uint64_t salt, BatchSequence durable, LogEnd& end);
  void clear();

 private:
  [[nodiscard]] bool follows(Epoch current, LogIndex first) const;
  void scramble_without_zero_sectors(BatchHeader& header);

  std::vector<std::byte> bytes_;  // the header's room, then the records
  std::uint32_t records_ = 0;
  Epoch epoch_;
  LogIndex first_;
  LogIndex last_;
  Epoch last_epoch_;
};

}  // namespace pawl::journal

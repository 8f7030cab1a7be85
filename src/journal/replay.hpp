// SPDX-License-Identifier: Apache-2.0
//
// Reads a log back, segment by segment, in order. Hands out only records whose batch is whole and
// follows all before it, and says at the end what the log turned out to be. Where the log cannot be
// read on, what lies behind decides whether that place had been flushed (FORMAT.md, "Verdicts").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "journal/batch.hpp"
#include "journal/names.hpp"
#include "journal/segment.hpp"
#include "journal/verdict.hpp"

namespace pawl::journal {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct SegmentBytes {
  SegmentName name;
  Bytes bytes;                            // what lies beyond their end counts as zero
  std::span<const ByteRange> unreadable;  // where `bytes` is filler, for the disk gave an error
};

struct ReplayStart {
  LogIndex snapshot;            // records up to here are in the snapshot and are not handed out
  BatchSequence known_durable;  // the log must reach at least so far
  // One of several, whose snapshot may be another node's: records behind it count only if the log
  // holds the record at its index, in this epoch. Nothing: the log is what the snapshot was made
  // of.
  std::optional<Epoch> epoch{};
};

struct ReplaySink {
  std::function<void(const Record&)> record;  // the payload lives during the call only
  std::function<void(LogIndex)> forget_from;  // a newer primary overrode the entries from here on
};

struct ReplayResult {
  Verdict verdict;
  LogEnd end;  // of what was read; the whole log if the verdict is usable
  // The log does not lead up to the snapshot: nothing of it was handed out, or all taken back.
  bool misses_snapshot = false;
  // Where the next batch would go; no segment: nothing was read that could be continued.
  SegmentNumber segment;
  std::uint64_t offset = 0;
  std::uint64_t salt = 0;
  std::uint64_t capacity = 0;
};

class Replay {
 public:
  Replay(ReplayStart start, ReplaySink sink);

  // The first must be the last one that begins at or below snapshot + 1; then all that follow.
  void segment(const SegmentBytes& bytes);
  [[nodiscard]] ReplayResult finish();

 private:
  [[nodiscard]] bool enter(const SegmentBytes& bytes, SegmentHeader& header);
  [[nodiscard]] std::optional<Flaw> misfit(const SegmentBytes& bytes, const SegmentHeader& header);
  [[nodiscard]] bool read_batch(const SegmentBytes& bytes, const SegmentHeader& segment);
  [[nodiscard]] std::optional<Flaw> read_body(const SegmentBytes& bytes, const BatchHeader& header);
  [[nodiscard]] bool holds_records(const BatchHeader& header) const;
  [[nodiscard]] std::optional<Flaw> disorder(const BatchHeader& header) const;
  void hand_out(const BatchHeader& header);
  [[nodiscard]] bool counts() const {
    return !start_.epoch || start_.snapshot == LogIndex{} || at_snapshot_ == start_.epoch;
  }
  void classify(const SegmentBytes& bytes, const BatchHeader* header, Flaw flaw);
  void damaged(SegmentNumber segment, std::uint64_t offset, LogIndex last, Flaw flaw);

  ReplayStart start_;
  ReplaySink sink_;
  ReplayResult result_;
  bool decided_ = false;  // the verdict stands, whatever follows
  bool stopped_ = false;  // torn or suspect, unless a later segment proves more
  bool any_segment_ = false;
  std::optional<Epoch> at_snapshot_;  // of the record at the snapshot's index
  Flaw flaw_ = Flaw::batch_body;      // where it stopped
  LogIndex last_;                     // of the batch there, if its header can be believed
  std::vector<std::byte> body_;       // unscrambled; at most one batch
};

}  // namespace pawl::journal

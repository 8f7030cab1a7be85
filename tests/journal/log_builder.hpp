// SPDX-License-Identifier: Apache-2.0
//
// Builds logs in memory and remembers where everything lies, so that a test can say what replay
// must find without asking the code under test.
#pragma once

#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "journal/batch_writer.hpp"
#include "journal/replay.hpp"

namespace pawl::journal {

struct Written {
  std::uint64_t index = 0;  // 0: local
  std::uint64_t epoch = 1;
  std::string payload;
  bool operator==(const Written&) const = default;
};

struct BuiltBatch {
  std::size_t segment = 0;  // position in LogBuilder::segments
  std::size_t offset = 0;
  std::size_t length = 0;
  std::uint64_t sequence = 0;
  std::vector<Written> records;
};

struct BuiltSegment {
  SegmentName name;
  std::uint64_t salt = 0;
  std::vector<std::byte> bytes;
  std::vector<ByteRange> unreadable;
};

class LogBuilder {
 public:
  explicit LogBuilder(LogEnd start = {}) : end(start) { begin_segment(); }

  void begin_segment(bool after_loss = false) {
    BuiltSegment segment;
    segment.name = {SegmentNumber{segments.size() + 1}, LogIndex{end.index.value + 1}};
    segment.salt = 0x1234567890ABCDEF + segments.size();
    segment.bytes.resize(segment_header_bytes);
    encode_segment_header({segment.name.number, segment.salt, min_segment_bytes, after_loss, end},
                          segment.bytes);
    segments.push_back(std::move(segment));
  }

  // `lag`: how many of the batches before were not yet durable when this one was written.
  void batch(std::uint64_t epoch, const std::vector<Written>& records, std::uint64_t lag = 0) {
    BatchWriter writer;
    for (const Written& written : records) {
      writer.add(Epoch{epoch},
                 {written.index == 0 ? RecordKind::local : RecordKind::entry, Epoch{written.epoch},
                  LogIndex{written.index}, bytes_of(written.payload)});
    }
    BuiltSegment& segment = segments.back();
    const BatchSequence durable{end.sequence.value - std::min(lag, end.sequence.value)};
    const Bytes sealed = writer.seal(segment.salt, durable, end);
    batches.push_back(
        {segments.size() - 1, segment.bytes.size(), sealed.size(), end.sequence.value, records});
    segment.bytes.insert(segment.bytes.end(), sealed.begin(), sealed.end());
  }

  // One entry with the next index.
  void entry(std::string payload, std::uint64_t lag = 0) {
    batch(1, {{end.index.value + 1, 1, std::move(payload)}}, lag);
  }

  std::vector<BuiltSegment> segments;
  std::vector<BuiltBatch> batches;
  LogEnd end;
};

struct Replayed {
  ReplayResult result;
  std::vector<Written> records;  // overridden ones taken out again
};

inline Replayed replay(const std::vector<BuiltSegment>& segments, ReplayStart start = {}) {
  Replayed replayed;
  ReplaySink sink;
  sink.record = [&](const Record& record) {
    Written written{record.index.value, record.epoch.value, {}};
    for (const std::byte byte : record.payload) written.payload += static_cast<char>(byte);
    replayed.records.push_back(std::move(written));
  };
  sink.forget_from = [&](LogIndex first) {
    std::erase_if(replayed.records,
                  [&](const Written& written) { return written.index >= first.value; });
  };
  Replay replay(start, sink);
  for (const BuiltSegment& segment : segments) {
    replay.segment({segment.name, segment.bytes, segment.unreadable});
  }
  replayed.result = replay.finish();
  return replayed;
}

// What the first `count` batches hold, where nothing was overridden.
inline std::vector<Written> records_of(const LogBuilder& log, std::size_t count) {
  std::vector<Written> records;
  for (std::size_t i = 0; i < count; ++i) {
    records.insert(records.end(), log.batches[i].records.begin(), log.batches[i].records.end());
  }
  return records;
}

// "clean", "torn 1 512", "damaged 1 512", "suspect 1 512", "newer 1": kind, segment, offset.
inline std::string outcome(const Verdict& verdict) {
  const auto place = [](const char* word, const auto& found) {
    return std::string(word) + ' ' + std::to_string(found.segment.value) + ' ' +
           std::to_string(found.offset);
  };
  if (const auto* torn = std::get_if<Torn>(&verdict)) return place("torn", *torn);
  if (const auto* damaged = std::get_if<Damaged>(&verdict)) return place("damaged", *damaged);
  if (const auto* suspect = std::get_if<Suspect>(&verdict)) return place("suspect", *suspect);
  if (const auto* newer = std::get_if<NewerFormat>(&verdict)) {
    return "newer " + std::to_string(newer->segment.value);
  }
  return "clean";
}

}  // namespace pawl::journal

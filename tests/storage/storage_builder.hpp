// SPDX-License-Identifier: Apache-2.0
//
// What several tests of storage need: records, opening a log, reading it back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/recovery.hpp"
#include "storage/simulated_disk.hpp"
#include "storage/snapshot_file.hpp"

namespace pawl::storage {

inline constexpr std::uint64_t small_segment = journal::min_segment_bytes;

inline journal::Record entry(std::uint64_t index, std::string_view payload,
                             std::uint64_t epoch = 1) {
  return {journal::RecordKind::entry, Epoch{epoch}, LogIndex{index}, journal::bytes_of(payload)};
}

inline std::string text_of(Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += static_cast<char>(byte);
  return text;
}

struct ReadBack {
  Recovered recovered;
  std::vector<std::string> chunks;
  std::vector<std::string> records;  // overridden ones taken out again
};

inline Result<ReadBack> read_back(Directory& directory, const journal::Meta& meta = {}) {
  ReadBack back;
  std::vector<LogIndex> indices;
  RecoverySink sink;
  sink.snapshot.head = [](const journal::SnapshotHeader&, Bytes) {};
  sink.snapshot.chunk = [&](Bytes chunk) { back.chunks.push_back(text_of(chunk)); };
  sink.log.record = [&](const journal::Record& record) {
    back.records.push_back(text_of(record.payload));
    indices.push_back(record.index);
  };
  sink.log.forget_from = [&](LogIndex first) {
    while (!indices.empty() && indices.back() >= first) {
      indices.pop_back();
      back.records.pop_back();
    }
  };
  auto recovered = recover(directory, meta, sink);
  if (!recovered) return recovered.error();
  back.recovered = std::move(*recovered);
  return back;
}

inline OpenLogOptions options_with(bool clean = false, OnLoss on_loss = OnLoss::refuse) {
  return {small_segment, 99, clean, on_loss};
}

// Recovers and opens; the records found are in `found` if given.
inline Result<Log> reopen(Directory& directory, std::vector<std::string>* found = nullptr,
                          const OpenLogOptions& options = options_with()) {
  auto back = read_back(directory);
  if (!back) return back.error();
  if (found != nullptr) *found = back->records;
  return open_log(directory, back->recovered, options);
}

// Writes one entry as a batch of its own and flushes it, in a new segment if need be.
inline Result<void> append(Directory& directory, Log& log, std::string_view payload) {
  journal::BatchWriter batch;
  batch.add(Epoch{1}, entry(log.end().index.value + 1, payload));
  if (!log.has_room(batch.sealed_bytes())) {
    if (const auto done = prepare_segment(directory, log.capacity()); !done) return done.error();
    if (const auto done = log.rotate(); !done) return done.error();
  }
  if (const auto done = log.write(batch); !done) return done.error();
  return log.sync();
}

inline Result<void> save_snapshot(Directory& directory, std::uint64_t index,
                                  const std::string& chunk, std::uint64_t durable = 0,
                                  std::uint64_t epoch = 1) {
  SnapshotFile file(directory, {LogIndex{index}, Epoch{epoch}, journal::BatchSequence{durable}});
  if (const auto done = file.begin({}); !done) return done.error();
  if (const auto done = file.chunk(journal::bytes_of(chunk)); !done) return done.error();
  if (const auto done = file.finish(); !done) return done.error();
  return {};
}

inline std::string wal(std::uint64_t number, std::uint64_t first) {
  return journal::format_name(
      journal::SegmentName{journal::SegmentNumber{number}, LogIndex{first}});
}
inline std::string snap(std::uint64_t index) {
  return journal::format_name(journal::SnapshotName{LogIndex{index}, Epoch{1}});
}

}  // namespace pawl::storage

// SPDX-License-Identifier: Apache-2.0
//
// The first sector of a segment. It is durable before the file gets its name, and it is written
// only after everything before it was flushed: so it proves what the earlier segments must hold,
// and an unreadable one is damage, never a torn write.
#pragma once

#include <cstdint>
#include <variant>

#include "journal/record.hpp"

namespace pawl::journal {

inline constexpr std::size_t segment_header_bytes = sector_bytes;
inline constexpr std::uint64_t default_segment_bytes = std::uint64_t{16} * 1024 * 1024;
inline constexpr std::uint64_t min_segment_bytes = segment_header_bytes + max_batch_bytes;
inline constexpr std::uint64_t max_segment_bytes = std::uint64_t{1024} * 1024 * 1024;

// Where the log stands: what the next batch must follow.
struct LogEnd {
  LogIndex index;              // of the last entry
  Epoch record_epoch;          // of the last entry
  Epoch batch_epoch;           // of the last batch that held an entry
  BatchSequence sequence;      // of the last batch
  std::uint64_t checksum = 0;  // of the last batch
  bool operator==(const LogEnd&) const = default;
};

struct SegmentHeader {
  SegmentNumber number;
  std::uint64_t salt = 0;      // 64 random bits
  std::uint64_t capacity = 0;  // bytes of the file, header included
  bool after_loss = false;     // an operator accepted a loss here: sequence and chain start anew
  LogEnd before;               // the log's end when this segment was begun
};

struct NotASegment {};
struct NewerSegment {
  std::uint32_t version = 0;
};

void encode_segment_header(const SegmentHeader& header, MutableBytes out);
[[nodiscard]] std::variant<SegmentHeader, NewerSegment, NotASegment> decode_segment_header(
    Bytes bytes);

}  // namespace pawl::journal

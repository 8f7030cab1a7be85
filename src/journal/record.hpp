// SPDX-License-Identifier: Apache-2.0
//
// What the log carries: bytes whose meaning the node alone knows. An entry has a place in the
// primary-backup log; a local record (a vote) has none and concerns this node only.
#pragma once

#include <cstdint>

#include "base/ids.hpp"
#include "journal/bytes.hpp"

namespace pawl::journal {

// The n-th batch of this node's log, from 1, across all segments.
using BatchSequence = Number<struct BatchSequenceTag>;

// The n-th segment file, from 1.
using SegmentNumber = Number<struct SegmentNumberTag>;

enum class RecordKind : std::uint8_t { entry = 1, local = 2 };

struct Record {
  RecordKind kind = RecordKind::entry;
  Epoch epoch;     // in which a primary made it
  LogIndex index;  // 0 for a local record
  Bytes payload;
};

inline constexpr std::size_t record_header_bytes = 24;
inline constexpr std::size_t max_batch_bytes = std::size_t{1024} * 1024;
inline constexpr std::size_t batch_header_bytes = 96;
inline constexpr std::size_t max_payload_bytes =
    max_batch_bytes - batch_header_bytes - record_header_bytes;

}  // namespace pawl::journal

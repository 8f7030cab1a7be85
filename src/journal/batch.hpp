// SPDX-License-Identifier: Apache-2.0
//
// A batch: what one write and one flush make durable. It begins on a sector; the header is in
// clear, the body scrambled so that no sector of a batch is ever all zero: on ground that was
// zeroed beforehand, a zero sector means "never written".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "journal/record.hpp"

namespace pawl::journal {

struct BatchHeader {
  std::uint32_t length = 0;  // bytes, a multiple of the sector
  std::uint32_t records = 0;
  std::uint64_t salt = 0;
  BatchSequence sequence;
  BatchSequence durable;  // the newest batch whose flush had returned when this was written
  Epoch epoch;            // the node's when it wrote this
  LogIndex first;         // 0: holds no entry
  LogIndex last;
  std::uint32_t scramble = 0;
  std::uint64_t previous = 0;       // checksum of the batch before
  std::uint64_t body_checksum = 0;  // of the unscrambled body, padding included
  std::uint64_t checksum = 0;  // of this header; so of the body and, by the chain, of all before
};

void encode_batch_header(const BatchHeader& header, MutableBytes out);

// Reads a header that was written into the segment of this salt; nullopt: there is none.
[[nodiscard]] std::optional<BatchHeader> decode_batch_header(Bytes bytes, std::uint64_t salt);

// Scrambles, or unscrambles, the body of a batch. Its size is a multiple of 8.
void scramble_body(MutableBytes body, std::uint64_t salt, BatchSequence sequence,
                   std::uint32_t scramble);

// Walks the records of an unscrambled body whose checksum was right. False: they are not as a
// writer of this version makes them (`visit` has then seen a prefix).
[[nodiscard]] bool visit_records(const BatchHeader& header, Bytes body,
                                 const std::function<void(const Record&)>& visit);

}  // namespace pawl::journal

// SPDX-License-Identifier: Apache-2.0
//
// The container of a snapshot: a head and chunks, both opaque, each checked by itself and chained,
// and a trailer that says there are no more. A snapshot gets its name only once it is whole on the
// disk: anything wrong in one is damage.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "journal/names.hpp"

namespace pawl::journal {

inline constexpr std::size_t max_snapshot_head_bytes = std::size_t{64} * 1024;
inline constexpr std::size_t max_chunk_bytes = std::size_t{256} * 1024;

struct SnapshotHeader {
  LogIndex index;         // the last record it includes
  Epoch epoch;            // of that record
  BatchSequence durable;  // the log reached at least so far when it was begun; 0: of another node
  bool operator==(const SnapshotHeader&) const = default;
};

// Appends to `out`, which the caller writes and empties at will.
class SnapshotEncoder {
 public:
  void begin(const SnapshotHeader& header, Bytes head, std::vector<std::byte>& out);
  void chunk(Bytes payload, std::vector<std::byte>& out);  // 1 byte to max_chunk_bytes
  void finish(std::vector<std::byte>& out);

 private:
  std::uint64_t chain_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

struct SnapshotWhole {
  SnapshotHeader header;
  std::uint64_t chunks = 0;
  std::uint64_t bytes = 0;     // of the file
  std::uint64_t checksum = 0;  // of all of it
};
struct SnapshotDamaged {
  std::uint64_t offset = 0;
  std::string why;
};
struct SnapshotNewer {
  std::uint32_t version = 0;
};
using SnapshotVerdict = std::variant<SnapshotWhole, SnapshotDamaged, SnapshotNewer>;

struct SnapshotSink {
  std::function<void(const SnapshotHeader&, Bytes head)> head;
  std::function<void(Bytes chunk)> chunk;
};

// Takes the file in pieces of any size and holds at most one chunk of it. What it hands out is
// checked; whether the whole is there only finish() tells.
class SnapshotDecoder {
 public:
  explicit SnapshotDecoder(SnapshotSink sink);

  [[nodiscard]] bool feed(Bytes piece);  // false: it has failed, no more is needed
  [[nodiscard]] SnapshotVerdict finish();

 private:
  enum class Expect : std::uint8_t { header, head, item, payload, nothing, failed };

  [[nodiscard]] std::size_t wanted() const;
  void take(Bytes item);
  void take_header(Bytes item);
  void take_item(Bytes item);
  void take_payload(Bytes item);
  void take_trailer(Bytes item);
  void fail(std::string why);

  SnapshotSink sink_;
  SnapshotVerdict verdict_;
  SnapshotHeader header_;
  Expect expect_ = Expect::header;
  std::vector<std::byte> held_;  // the begun item
  std::uint64_t offset_ = 0;     // of that item in the file
  std::size_t length_ = 0;       // of the payload to come
  std::uint64_t head_checksum_ = 0;
  std::uint64_t payload_checksum_ = 0;
  std::uint64_t payload_seed_ = 0;
  std::uint64_t chain_ = 0;
  std::uint64_t chunks_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace pawl::journal

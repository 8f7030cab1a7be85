// SPDX-License-Identifier: Apache-2.0
//
// Bytes as the segments of a log. First byte: how many segments (low two bits), whether to put the
// checksums right first (bit 7; else no mutation would get past them), to number the batches too
// (bit 6), a read error (bit 5), what was known durable (bits 2–4). Then for each segment its
// length in two bytes, and its bytes. Whatever they are, no record is invented and nothing is out
// of order.
#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "journal/preamble.hpp"
#include "journal/replay.hpp"
#include "replay_corpus.hpp"

namespace pawl::journal {
namespace {

struct Input {
  std::vector<std::vector<std::byte>> segments;
  bool reseal = false;
  bool renumber = false;
  bool read_error = false;
  BatchSequence known_durable;
};

Input parse_input(Bytes bytes) {
  Input input;
  if (bytes.empty()) return input;
  const auto control = std::to_integer<unsigned>(bytes[0]);
  input.reseal = (control & 0x80U) != 0;
  input.renumber = (control & 0x40U) != 0;
  input.read_error = (control & 0x20U) != 0;
  input.known_durable = BatchSequence{control >> 2U & 7U};
  bytes = bytes.subspan(1);
  for (unsigned i = 0; i < (control & 3U) && bytes.size() >= 2; ++i) {
    const std::size_t length =
        std::min<std::size_t>(load<std::uint16_t>(bytes, 0), bytes.size() - 2);
    const Bytes segment = bytes.subspan(2, length);
    input.segments.emplace_back(segment.begin(), segment.end());
    bytes = bytes.subspan(2 + length);
  }
  return input;
}

// Makes the sums right over whatever is there, so that the checks behind them are reached.
class Resealer {
 public:
  explicit Resealer(bool renumber) : renumber_(renumber) {}

  void segment(MutableBytes bytes) {
    if (bytes.size() < segment_header_bytes) return;
    store_preamble(bytes, segment_magic);
    if (renumber_) {
      store64(bytes, 24, ++number_);
      store64(bytes, 72, sequence_);
      store64(bytes, 80, previous_);
    }
    store64(bytes, 32, min_segment_bytes);
    store64(bytes, 504, checksum(Bytes(bytes).first(504), 0));
    std::size_t at = segment_header_bytes;
    while (at + sector_bytes <= bytes.size()) at += batch(bytes.subspan(at), load64(bytes, 16));
  }

 private:
  std::size_t batch(MutableBytes bytes, std::uint64_t salt) {
    if (!has_magic(bytes, 0, batch_magic)) return sector_bytes;
    const std::size_t sectors =
        std::max<std::size_t>(1, std::to_integer<std::size_t>(bytes[9]) / 2 % 5);
    const std::size_t length = std::min(sectors * sector_bytes, bytes.size() / 512 * 512);
    store32(bytes, 8, static_cast<std::uint32_t>(length));
    store64(bytes, 16, salt);
    if (renumber_) {
      store64(bytes, 24, ++sequence_);
      store64(bytes, 72, previous_);
    }
    const MutableBytes body = bytes.subspan(batch_header_bytes, length - batch_header_bytes);
    store64(bytes, 80, checksum(body, salt));
    scramble_body(body, salt, BatchSequence{load64(bytes, 24)}, load32(bytes, 64));
    previous_ = checksum(Bytes(bytes).first(88), salt);
    store64(bytes, 88, previous_);
    return length;
  }

  bool renumber_;
  std::uint64_t number_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t previous_ = 0;
};

struct Seen {
  LogIndex last;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

ReplayResult replay_once(const Input& input, LogIndex snapshot, Seen& seen) {
  seen.last = snapshot;
  ReplaySink sink;
  sink.record = [&](const Record& record) {
    for (const std::byte byte : record.payload) seen.bytes += std::to_integer<std::uint64_t>(byte);
    seen.records += 1;
    if (record.kind == RecordKind::local) return;
    ensure(record.index.value == seen.last.value + 1);
    seen.last = record.index;
  };
  sink.forget_from = [&](LogIndex first) {
    ensure(first > snapshot && first <= seen.last);
    seen.last = LogIndex{first.value - 1};
  };
  Replay replay({snapshot, input.known_durable}, sink);
  std::uint64_t number = 0;
  for (const auto& bytes : input.segments) {
    const auto header = decode_segment_header(bytes);
    const auto* valid = std::get_if<SegmentHeader>(&header);
    SegmentName name{SegmentNumber{++number}, LogIndex{1}};
    if (valid != nullptr) name.first_index.value = valid->before.index.value + 1;
    const ByteRange bad{bytes.size() / 2, bytes.size() / 2 + 512};
    const bool unreadable = input.read_error && number == input.segments.size();
    replay.segment({name, bytes, std::span(&bad, unreadable ? 1 : 0)});
  }
  return replay.finish();
}

void check(const Input& input, LogIndex snapshot) {
  Seen seen;
  const ReplayResult result = replay_once(input, snapshot, seen);
  ensure(std::max(result.end.index, snapshot) == seen.last || result.end.index < snapshot);
  if (is_usable(result.verdict)) ensure(result.end.sequence >= input.known_durable);
  if (result.segment != SegmentNumber{}) ensure(result.offset <= result.capacity);
  ensure(!describe(result.verdict).empty());
  Seen again;
  ensure(replay_once(input, snapshot, again).end == result.end && again.bytes == seen.bytes);
}

}  // namespace
}  // namespace pawl::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::journal;
  Input input = parse_input(std::as_bytes(std::span(data, size)));
  if (input.reseal) {
    Resealer resealer(input.renumber);
    for (auto& segment : input.segments) resealer.segment(segment);
  }
  check(input, pawl::LogIndex{0});
  check(input, pawl::LogIndex{2});
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "journal/replay.hpp"

#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "base/overloaded.hpp"
#include "journal/checksum.hpp"

namespace pawl::journal {
namespace {

bool readable(const SegmentBytes& bytes, std::uint64_t begin, std::uint64_t end) {
  return std::none_of(bytes.unreadable.begin(), bytes.unreadable.end(),
                      [&](const ByteRange& bad) { return bad.begin < end && begin < bad.end; });
}

// The part of [begin, end) that is there; what is missing counts as zero.
Bytes present(const SegmentBytes& bytes, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t size = bytes.bytes.size();
  if (begin >= size) return {};
  return bytes.bytes.subspan(begin, std::min(end, size) - begin);
}

bool is_zero(const SegmentBytes& bytes, std::uint64_t begin, std::uint64_t end) {
  return all_zero(present(bytes, begin, end));
}

bool has_zero_sector(const SegmentBytes& bytes, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t at = begin; at < end; at += sector_bytes) {
    if (is_zero(bytes, at, at + sector_bytes)) return true;
  }
  return false;
}

LogIndex before(LogIndex index) { return LogIndex{index.value == 0 ? 0 : index.value - 1}; }

}  // namespace

Replay::Replay(ReplayStart start, ReplaySink sink) : start_(start), sink_(std::move(sink)) {
  result_.end.index = start.snapshot;
}

void Replay::damaged(SegmentNumber segment, std::uint64_t offset, LogIndex last, Flaw flaw) {
  const LogIndex first{result_.end.index.value + 1};
  result_.verdict = Damaged{segment, offset, first, last < first ? LogIndex{} : last, flaw};
  decided_ = true;
}

void Replay::segment(const SegmentBytes& bytes) {
  if (decided_) return;
  SegmentHeader header;
  if (!enter(bytes, header)) return;
  stopped_ = false;  // what stopped the segment before was no part of the log: nothing is missing
  result_.verdict = Clean{};
  result_.segment = header.number;
  result_.offset = segment_header_bytes;
  result_.salt = header.salt;
  result_.capacity = header.capacity;
  any_segment_ = true;
  while (read_batch(bytes, header)) {
  }
}

// A segment is begun only after all before it was flushed, and its header is durable before its
// name: whatever does not fit here is damage.
bool Replay::enter(const SegmentBytes& bytes, SegmentHeader& header) {
  if (!readable(bytes, 0, segment_header_bytes)) {
    damaged(bytes.name.number, 0, LogIndex{}, Flaw::unreadable);
    return false;
  }
  const auto read = decode_segment_header(bytes.bytes);
  if (const auto* newer = std::get_if<NewerSegment>(&read)) {
    result_.verdict = NewerFormat{bytes.name.number, newer->version};
    decided_ = true;
    return false;
  }
  const auto* valid = std::get_if<SegmentHeader>(&read);
  if (valid == nullptr || valid->number != bytes.name.number ||
      valid->before.index.value + 1 != bytes.name.first_index.value) {
    damaged(bytes.name.number, 0, LogIndex{}, Flaw::segment_header);
    return false;
  }
  header = *valid;
  if (const auto flaw = misfit(bytes, header)) {
    const bool in_previous = any_segment_ && *flaw != Flaw::chain;
    damaged(in_previous ? result_.segment : bytes.name.number, in_previous ? result_.offset : 0,
            header.before.index, *flaw);
    return false;
  }
  result_.end = header.before;
  if (header.before.index == start_.snapshot) at_snapshot_ = header.before.record_epoch;
  return true;
}

std::optional<Flaw> Replay::misfit(const SegmentBytes& bytes, const SegmentHeader& header) {
  if (is_mutant(Mutant::index_gap_unnoticed)) return std::nullopt;
  if (!any_segment_) {
    if (header.before.index > start_.snapshot) return Flaw::segment_missing;
    return std::nullopt;
  }
  if (bytes.name.number.value != result_.segment.value + 1) return Flaw::segment_missing;
  const LogEnd& end = result_.end;
  if (header.after_loss) {
    return header.before.index == end.index ? std::nullopt : std::optional(Flaw::index_gap);
  }
  if (header.before.sequence != end.sequence) {
    return stopped_ ? flaw_ : Flaw::sequence;
  }
  if (header.before.index != end.index) return Flaw::index_gap;
  if (header.before != end) return Flaw::chain;
  return std::nullopt;
}

// False: here the segment ends, or cannot be read on.
bool Replay::read_batch(const SegmentBytes& bytes, const SegmentHeader& segment) {
  std::uint64_t& offset = result_.offset;
  if (offset >= segment.capacity) return false;
  if (!readable(bytes, offset, offset + sector_bytes)) {
    classify(bytes, nullptr, Flaw::unreadable);
    return false;
  }
  const auto batch =
      decode_batch_header(present(bytes, offset, offset + sector_bytes), segment.salt);
  if (!batch) {
    const bool nothing =
        is_zero(bytes, offset, segment.capacity) && readable(bytes, offset, segment.capacity);
    if (!nothing) classify(bytes, nullptr, Flaw::batch_header);
    return false;
  }
  if (const auto flaw = disorder(*batch)) {  // a whole header out of place: never a torn write
    const LogIndex last = *flaw == Flaw::index_gap ? before(batch->first) : batch->last;
    damaged(segment.number, offset, last, *flaw);
    return false;
  }
  if (const auto flaw = read_body(bytes, *batch)) {
    classify(bytes, &*batch, *flaw);
    return false;
  }
  if (!holds_records(*batch)) {
    damaged(segment.number, offset, batch->last, Flaw::batch_records);
    return false;
  }
  hand_out(*batch);
  offset += batch->length;
  return true;
}

std::optional<Flaw> Replay::disorder(const BatchHeader& header) const {
  const LogEnd& end = result_.end;
  if (header.length > result_.capacity - result_.offset) return Flaw::batch_header;
  if (header.sequence.value != end.sequence.value + 1) return Flaw::sequence;
  if (header.previous != end.checksum) return Flaw::chain;
  if (header.durable >= header.sequence) return Flaw::sequence;
  if (header.first == LogIndex{}) return std::nullopt;
  if (header.first.value > end.index.value + 1) return Flaw::index_gap;
  if (header.epoch < end.batch_epoch) return Flaw::epoch;
  const bool overrides = header.first <= end.index;
  if (overrides && header.epoch == end.batch_epoch) return Flaw::epoch;
  return std::nullopt;
}

// Leaves the unscrambled body in body_ if it is whole.
std::optional<Flaw> Replay::read_body(const SegmentBytes& bytes, const BatchHeader& header) {
  const std::uint64_t begin = result_.offset + batch_header_bytes;
  const std::uint64_t end = result_.offset + header.length;
  if (!readable(bytes, begin, end)) return Flaw::unreadable;
  const Bytes there = present(bytes, begin, end);
  body_.assign(header.length - batch_header_bytes, std::byte{0});
  std::copy(there.begin(), there.end(), body_.begin());
  scramble_body(body_, header.salt, header.sequence, header.scramble);
  if (checksum(body_, header.salt) != header.body_checksum) return Flaw::batch_body;
  return std::nullopt;
}

bool Replay::holds_records(const BatchHeader& header) const {
  std::optional<Epoch> first_epoch;
  const bool sound = visit_records(header, body_, [&](const Record& record) {
    if (record.kind == RecordKind::entry && !first_epoch) first_epoch = record.epoch;
  });
  const LogEnd& end = result_.end;
  const bool overrides =
      header.first <= end.index;  // what is below it has older epochs, unknown here
  return sound && (!first_epoch || overrides || *first_epoch >= end.record_epoch);
}

void Replay::hand_out(const BatchHeader& header) {
  LogEnd& end = result_.end;
  const LogIndex first_kept{start_.snapshot.value + 1};
  const bool overrides = header.first != LogIndex{} && header.first <= end.index;
  if (overrides && end.index >= first_kept && counts()) {
    sink_.forget_from(std::max(header.first, first_kept));
  }
  if (overrides && header.first < first_kept) at_snapshot_.reset();
  const bool sound = visit_records(header, body_, [&](const Record& record) {
    if (record.kind == RecordKind::entry) end.record_epoch = record.epoch;
    if (record.kind == RecordKind::entry && record.index == start_.snapshot) {
      at_snapshot_ = record.epoch;
    }
    const bool is_kept = record.index >= first_kept && counts();
    if (record.kind == RecordKind::local || is_kept) sink_.record(record);
  });
  ensure(sound);
  end.sequence = header.sequence;
  end.checksum = header.checksum;
  if (header.first == LogIndex{}) return;
  end.index = header.last;
  end.batch_epoch = header.epoch;
}

// The log cannot be read on at result_.offset; `header`, if valid, is of the batch there.
void Replay::classify(const SegmentBytes& bytes, const BatchHeader* header, Flaw flaw) {
  const std::uint64_t offset = result_.offset;
  const BatchSequence lost{result_.end.sequence.value + 1};
  const LogIndex first{result_.end.index.value + 1};
  const LogIndex last = header == nullptr ? LogIndex{} : header->last;
  const std::uint64_t length = header == nullptr ? sector_bytes : header->length;

  const std::uint64_t size = std::min<std::uint64_t>(result_.capacity, bytes.bytes.size());
  for (std::uint64_t at = offset + length; at < size; at += sector_bytes) {
    if (!readable(bytes, at, at + sector_bytes)) continue;
    const auto later = decode_batch_header(present(bytes, at, at + sector_bytes), result_.salt);
    // Written when the lost batch was already durable: the header alone is the proof, whatever
    // became of its body.
    if (later && later->durable >= lost) {
      return damaged(result_.segment, offset, std::max(last, before(later->first)), flaw);
    }
  }

  stopped_ = true;
  last_ = last;
  // An unreadable place behind could hide that proof.
  const bool all_readable = readable(bytes, offset, result_.capacity);
  flaw_ = all_readable ? flaw : Flaw::unreadable;
  const bool torn = all_readable && has_zero_sector(bytes, offset, offset + length);
  if ((torn && !is_mutant(Mutant::torn_as_rot)) || is_mutant(Mutant::rot_as_torn)) {
    result_.verdict = Torn{result_.segment, offset};
  } else {
    result_.verdict = Suspect{result_.segment, offset, first, last, flaw_};
  }
}

ReplayResult Replay::finish() {
  result_.misses_snapshot = !counts();
  if (decided_) return result_;
  if (!any_segment_) {
    if (start_.snapshot != LogIndex{} || start_.known_durable != BatchSequence{}) {
      damaged(SegmentNumber{}, 0, LogIndex{}, Flaw::segment_missing);
    }
    return result_;
  }
  if (result_.end.sequence < start_.known_durable) {
    damaged(result_.segment, result_.offset, last_, stopped_ ? flaw_ : Flaw::ends_early);
  }
  return result_;
}

}  // namespace pawl::journal

// SPDX-License-Identifier: Apache-2.0
#include "journal/batch_writer.hpp"

#include <algorithm>

#include "journal/checksum.hpp"

namespace pawl::journal {

Epoch BatchEpoch::next(const Record& record) {
  if (record.kind == RecordKind::entry) {
    if (record.index <= last_) ++epoch_.value;
    last_ = record.index;
  }
  epoch_ = std::max(epoch_, record.epoch);
  return epoch_;
}

void BatchEpoch::restart_behind(LogIndex index, Epoch epoch) {
  last_ = index;
  epoch_ = std::max(epoch_, epoch);
}

BatchWriter::BatchWriter() { bytes_.resize(batch_header_bytes); }

bool BatchWriter::follows(Epoch current, LogIndex first) const {
  if (empty()) return true;
  if (current != epoch_) return false;
  return first == LogIndex{} || last_ == LogIndex{} || first.value == last_.value + 1;
}

bool BatchWriter::can_add(Epoch current, const Record& record) const {
  const std::size_t size = round_up(record_header_bytes + record.payload.size(), 8);
  return follows(current, record.index) && bytes_.size() + size <= max_batch_bytes;
}

void BatchWriter::add(Epoch current, const Record& record) {
  ensure(can_add(current, record));
  ensure((record.kind == RecordKind::entry) == (record.index != LogIndex{}));
  ensure(record.epoch <= current);
  const std::size_t start = bytes_.size();
  bytes_.resize(start + round_up(record_header_bytes + record.payload.size(), 8));
  const MutableBytes room = MutableBytes(bytes_).subspan(start);
  store32(room, 0, static_cast<std::uint32_t>(record.payload.size()));
  store32(room, 4, static_cast<std::uint32_t>(record.kind));
  store64(room, 8, record.epoch.value);
  store64(room, 16, record.index.value);
  std::copy(record.payload.begin(), record.payload.end(), room.begin() + record_header_bytes);
  records_ += 1;
  epoch_ = current;
  if (record.kind == RecordKind::local) return;
  if (first_ == LogIndex{}) first_ = record.index;
  ensure(record.epoch >= last_epoch_);
  last_ = record.index;
  last_epoch_ = record.epoch;
}

bool BatchWriter::join(BatchWriter& later) {
  if (later.empty()) return true;
  if (!follows(later.epoch_, later.first_)) return false;
  if (later.first_ != LogIndex{} && later.last_epoch_ < last_epoch_) return false;
  const std::size_t size = later.bytes_.size() - batch_header_bytes;
  if (bytes_.size() + size > max_batch_bytes) return false;
  bytes_.insert(bytes_.end(), later.bytes_.begin() + batch_header_bytes, later.bytes_.end());
  records_ += later.records_;
  epoch_ = later.epoch_;
  if (later.first_ != LogIndex{}) {
    if (first_ == LogIndex{}) first_ = later.first_;
    last_ = later.last_;
    last_epoch_ = later.last_epoch_;
  }
  later.clear();
  return true;
}

std::size_t BatchWriter::sealed_bytes() const { return round_up(bytes_.size(), sector_bytes); }

Bytes BatchWriter::seal(std::uint64_t salt, BatchSequence durable, LogEnd& end) {
  ensure(!empty());
  bytes_.resize(sealed_bytes());
  const MutableBytes body = MutableBytes(bytes_).subspan(batch_header_bytes);
  BatchHeader header;
  header.length = static_cast<std::uint32_t>(bytes_.size());
  header.records = records_;
  header.salt = salt;
  header.sequence = BatchSequence{end.sequence.value + 1};
  header.durable = durable;
  header.epoch = epoch_;
  header.first = first_;
  header.last = last_;
  header.previous = end.checksum;
  header.body_checksum = checksum(body, salt);
  scramble_without_zero_sectors(header);
  encode_batch_header(header, bytes_);

  end.sequence = header.sequence;
  end.checksum = load64(bytes_, batch_header_bytes - 8);
  if (last_ != LogIndex{}) {
    end.index = last_;
    end.record_epoch = last_epoch_;
    end.batch_epoch = epoch_;
  }
  return bytes_;
}

// By chance alone this succeeds at once; but "never" is what replay relies on.
void BatchWriter::scramble_without_zero_sectors(BatchHeader& header) {
  const MutableBytes body = MutableBytes(bytes_).subspan(batch_header_bytes);
  for (;; ++header.scramble) {
    scramble_body(body, header.salt, header.sequence, header.scramble);
    bool found = false;
    for (std::size_t at = sector_bytes; at < bytes_.size(); at += sector_bytes) {
      found = found || all_zero(Bytes(bytes_).subspan(at, sector_bytes));
    }
    if (!found) return;
    scramble_body(body, header.salt, header.sequence, header.scramble);
  }
}

void BatchWriter::clear() {
  bytes_.resize(batch_header_bytes);
  records_ = 0;
  epoch_ = Epoch{};
  first_ = last_ = LogIndex{};
  last_epoch_ = Epoch{};
}

}  // namespace pawl::journal

// SPDX-License-Identifier: Apache-2.0
#include "journal/segment.hpp"

#include <algorithm>

#include "journal/preamble.hpp"

namespace pawl::journal {
namespace {

constexpr std::size_t checksum_at = segment_header_bytes - 8;
constexpr std::uint64_t after_loss_flag = 1;

}  // namespace

void encode_segment_header(const SegmentHeader& header, MutableBytes out) {
  ensure(out.size() == segment_header_bytes);
  std::fill(out.begin(), out.end(), std::byte{0});
  store_preamble(out, segment_magic);
  store64(out, 16, header.salt);
  store64(out, 24, header.number.value);
  store64(out, 32, header.capacity);
  store64(out, 40, header.after_loss ? after_loss_flag : 0);
  store64(out, 48, header.before.index.value);
  store64(out, 56, header.before.record_epoch.value);
  store64(out, 64, header.before.batch_epoch.value);
  store64(out, 72, header.before.sequence.value);
  store64(out, 80, header.before.checksum);
  store64(out, checksum_at, checksum(out.first(checksum_at), 0));
}

std::variant<SegmentHeader, NewerSegment, NotASegment> decode_segment_header(Bytes bytes) {
  const std::uint32_t version = read_version(bytes, segment_magic);
  if (version > format_version) return NewerSegment{version};
  if (version != format_version || bytes.size() < segment_header_bytes) return NotASegment{};
  const Bytes header = bytes.first(segment_header_bytes);
  if (load64(header, checksum_at) != checksum(header.first(checksum_at), 0)) return NotASegment{};
  SegmentHeader read;
  read.salt = load64(header, 16);
  read.number = SegmentNumber{load64(header, 24)};
  read.capacity = load64(header, 32);
  read.after_loss = (load64(header, 40) & after_loss_flag) != 0;
  read.before.index = LogIndex{load64(header, 48)};
  read.before.record_epoch = Epoch{load64(header, 56)};
  read.before.batch_epoch = Epoch{load64(header, 64)};
  read.before.sequence = BatchSequence{load64(header, 72)};
  read.before.checksum = load64(header, 80);
  if (read.capacity % sector_bytes != 0 || read.capacity > max_segment_bytes ||
      read.capacity < min_segment_bytes) {
    return NotASegment{};
  }
  return read;
}

}  // namespace pawl::journal

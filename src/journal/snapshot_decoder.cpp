// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "journal/preamble.hpp"
#include "journal/snapshot.hpp"
#include "journal/snapshot_layout.hpp"

namespace pawl::journal {

SnapshotDecoder::SnapshotDecoder(SnapshotSink sink) : sink_(std::move(sink)) {}

std::size_t SnapshotDecoder::wanted() const {
  switch (expect_) {
    case Expect::header: return layout::snapshot_header_bytes;
    case Expect::head:
    case Expect::payload: return round_up(length_, 8);
    case Expect::item: return layout::item_header_bytes;
    case Expect::nothing:
    case Expect::failed: return 0;
  }
  return 0;
}

bool SnapshotDecoder::feed(Bytes piece) {
  while (expect_ != Expect::failed) {
    if (expect_ == Expect::nothing) {
      if (!piece.empty()) fail("bytes behind the trailer");
      break;
    }
    const std::size_t missing = wanted() - held_.size();
    const std::size_t taken = std::min(missing, piece.size());
    const Bytes part = piece.first(taken);
    piece = piece.subspan(taken);
    if (held_.empty() && taken == missing) {  // whole in the piece: no copy
      take(part);
      continue;
    }
    held_.insert(held_.end(), part.begin(), part.end());
    if (taken < missing) break;
    const std::vector<std::byte> item = std::exchange(held_, {});
    take(item);
  }
  return expect_ != Expect::failed;
}

void SnapshotDecoder::take(Bytes item) {
  switch (expect_) {
    case Expect::header: take_header(item); break;
    case Expect::head:
      if (checksum(item, 0) != head_checksum_) return fail("the checksum of the head is wrong");
      if (!all_zero(item.subspan(length_))) return fail("the head is malformed");
      expect_ = Expect::item;
      sink_.head(header_, item.first(length_));
      break;
    case Expect::item: take_item(item); break;
    case Expect::payload: take_payload(item); break;
    case Expect::nothing:
    case Expect::failed: break;
  }
  if (expect_ != Expect::failed) offset_ += item.size();
}

void SnapshotDecoder::take_header(Bytes item) {
  const std::uint32_t version = read_version(item, snapshot_magic);
  if (version > format_version) {
    verdict_ = SnapshotNewer{version};
    expect_ = Expect::failed;
    return;
  }
  chain_ = load64(item, 56);
  if (version != format_version || chain_ != checksum(item.first(56), 0)) {
    return fail("the header is not valid");
  }
  header_ = SnapshotHeader{LogIndex{load64(item, 16)}, Epoch{load64(item, 24)},
                           BatchSequence{load64(item, 32)}};
  if (load64(item, 40) > max_snapshot_head_bytes) return fail("the head is too long");
  length_ = load64(item, 40);
  head_checksum_ = load64(item, 48);
  expect_ = Expect::head;
}

void SnapshotDecoder::take_item(Bytes item) {
  const std::uint64_t sum = checksum(item.first(24), chain_);
  if (load64(item, 24) != sum) return fail("the checksum of a chunk header is wrong");
  if (has_magic(item, 0, layout::trailer_magic)) return take_trailer(item);
  length_ = load32(item, 4);
  if (!has_magic(item, 0, layout::chunk_magic) || length_ == 0 || length_ > max_chunk_bytes ||
      load64(item, 8) != chunks_) {
    return fail("a chunk header is not valid");
  }
  payload_checksum_ = load64(item, 16);
  payload_seed_ = std::exchange(chain_, sum);
  expect_ = Expect::payload;
}

void SnapshotDecoder::take_payload(Bytes item) {
  if (checksum(item, payload_seed_) != payload_checksum_) {
    return fail("the checksum of a chunk is wrong");
  }
  if (!all_zero(item.subspan(length_))) return fail("a chunk is malformed");
  chunks_ += 1;
  payload_bytes_ += length_;
  expect_ = Expect::item;
  sink_.chunk(item.first(length_));
}

void SnapshotDecoder::take_trailer(Bytes item) {
  if (load32(item, 4) != 0 || load64(item, 8) != chunks_ || load64(item, 16) != payload_bytes_) {
    return fail("chunks are missing");
  }
  expect_ = Expect::nothing;
  verdict_ = SnapshotWhole{header_, chunks_, offset_ + item.size(), load64(item, 24)};
}

void SnapshotDecoder::fail(std::string why) {
  expect_ = Expect::failed;
  verdict_ = SnapshotDamaged{offset_, std::move(why)};
}

SnapshotVerdict SnapshotDecoder::finish() {
  if (expect_ != Expect::nothing && expect_ != Expect::failed) fail("the file ends too early");
  return verdict_;
}

}  // namespace pawl::journal

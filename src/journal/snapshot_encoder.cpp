// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "journal/preamble.hpp"
#include "journal/snapshot.hpp"
#include "journal/snapshot_layout.hpp"

namespace pawl::journal {
namespace {

MutableBytes grow(std::vector<std::byte>& out, std::size_t size) {
  out.resize(out.size() + size);
  return MutableBytes(out).last(size);
}

// Appends, padded with zeros to a multiple of 8; says what was appended.
Bytes append_padded(std::vector<std::byte>& out, Bytes payload) {
  const MutableBytes room = grow(out, round_up(payload.size(), 8));
  std::copy(payload.begin(), payload.end(), room.begin());
  return room;
}

}  // namespace

void SnapshotEncoder::begin(const SnapshotHeader& header, Bytes head, std::vector<std::byte>& out) {
  ensure(head.size() <= max_snapshot_head_bytes);
  const MutableBytes fixed = grow(out, layout::snapshot_header_bytes);
  store_preamble(fixed, snapshot_magic);
  store64(fixed, 16, header.index.value);
  store64(fixed, 24, header.epoch.value);
  store64(fixed, 32, header.durable.value);
  store64(fixed, 40, head.size());
  std::vector<std::byte> padded(head.begin(), head.end());
  padded.resize(round_up(head.size(), 8));
  store64(fixed, 48, checksum(padded, 0));
  chain_ = checksum(fixed.first(56), 0);
  store64(fixed, 56, chain_);
  out.insert(out.end(), padded.begin(), padded.end());
  chunks_ = payload_bytes_ = 0;
}

void SnapshotEncoder::chunk(Bytes payload, std::vector<std::byte>& out) {
  ensure(!payload.empty() && payload.size() <= max_chunk_bytes);
  const std::size_t at = out.size();
  grow(out, layout::item_header_bytes);
  const Bytes padded = append_padded(out, payload);
  const MutableBytes header = MutableBytes(out).subspan(at, layout::item_header_bytes);
  store_magic(header, 0, layout::chunk_magic);
  store32(header, 4, static_cast<std::uint32_t>(payload.size()));
  store64(header, 8, chunks_);
  store64(header, 16, checksum(padded, chain_));
  chain_ = checksum(header.first(24), chain_);
  store64(header, 24, chain_);
  chunks_ += 1;
  payload_bytes_ += payload.size();
}

void SnapshotEncoder::finish(std::vector<std::byte>& out) {
  const MutableBytes trailer = grow(out, layout::item_header_bytes);
  store_magic(trailer, 0, layout::trailer_magic);
  store32(trailer, 4, 0);
  store64(trailer, 8, chunks_);
  store64(trailer, 16, payload_bytes_);
  chain_ = checksum(trailer.first(24), chain_);
  store64(trailer, 24, chain_);
}

}  // namespace pawl::journal

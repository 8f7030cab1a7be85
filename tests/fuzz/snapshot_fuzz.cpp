// SPDX-License-Identifier: Apache-2.0
//
// Bytes as a snapshot file, in pieces. First byte: the size of a piece (low four bits) and whether
// to put the checksums right first (bit 7). What is whole must encode to the very same bytes.
#include <algorithm>
#include <variant>
#include <vector>

#include "journal/preamble.hpp"
#include "journal/snapshot.hpp"
#include "journal/snapshot_layout.hpp"
#include "replay_corpus.hpp"

namespace pawl::journal {
namespace {

void reseal(MutableBytes file) {
  if (file.size() < layout::snapshot_header_bytes) return;
  store_preamble(file, snapshot_magic);
  std::size_t at = layout::snapshot_header_bytes;
  const std::size_t head = round_up(load<std::uint16_t>(file, 40), 8);
  if (head > file.size() - at) return;
  store64(file, 48, checksum(Bytes(file).subspan(at, head), 0));
  std::uint64_t chain = checksum(Bytes(file).first(56), 0);
  store64(file, 56, chain);
  at += head;
  while (file.size() - at >= layout::item_header_bytes) {
    const MutableBytes item = file.subspan(at);
    at += layout::item_header_bytes;
    const std::size_t payload = round_up(load<std::uint16_t>(item, 4), 8);
    if (has_magic(item, 0, layout::chunk_magic) && payload <= file.size() - at) {
      store64(item, 16, checksum(Bytes(file).subspan(at, payload), chain));
      at += payload;
    }
    chain = checksum(Bytes(item).first(24), chain);
    store64(item, 24, chain);
  }
}

void check(Bytes file, std::size_t piece) {
  std::vector<std::byte> again;
  SnapshotEncoder encoder;
  SnapshotDecoder decoder(
      {[&](const SnapshotHeader& header, Bytes head) { encoder.begin(header, head, again); },
       [&](Bytes chunk) { encoder.chunk(chunk, again); }});
  Bytes rest = file;
  bool more = true;
  while (more && !rest.empty()) {
    const Bytes next = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(next.size());
    more = decoder.feed(next);
  }
  const SnapshotVerdict verdict = decoder.finish();
  if (const auto* whole = std::get_if<SnapshotWhole>(&verdict)) {
    encoder.finish(again);
    ensure(whole->bytes == file.size());
    ensure(std::equal(again.begin(), again.end(), file.begin(), file.end()));
  }
  if (const auto* damaged = std::get_if<SnapshotDamaged>(&verdict)) {
    ensure(damaged->offset <= file.size());
  }
}

}  // namespace
}  // namespace pawl::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::journal;
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto control = std::to_integer<unsigned>(bytes[0]);
  std::vector<std::byte> file(bytes.begin() + 1, bytes.end());
  if ((control & 0x80U) != 0) reseal(file);
  check(file, std::size_t{1} << (control & 15U));
  return 0;
}

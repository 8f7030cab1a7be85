// SPDX-License-Identifier: Apache-2.0
//
// Bytes as the two slots of META. First byte: put the checksum of the first slot right (bit 0), of
// the second (bit 1), its magic and version too (bit 2); the first slot could not be read (bit 3).
// What is believed is one of the two slots, the newer one, and comes out again as it went in.
#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "base/ensure.hpp"
#include "journal/meta.hpp"
#include "journal/preamble.hpp"
#include "replay_corpus.hpp"

namespace pawl::journal {
namespace {

void reseal(MutableBytes slot, bool with_preamble) {
  if (slot.size() < meta_slot_bytes) return;
  if (with_preamble) store_preamble(slot, meta_magic, cluster_meta_version);
  constexpr std::size_t checksum_at = meta_slot_bytes - 8;
  store64(slot, checksum_at, checksum(Bytes(slot).first(checksum_at), 0));
}

std::optional<Meta> believed(Bytes first, Bytes second) {
  const auto decoded = decode_meta(first, second);
  const Meta* meta = std::get_if<Meta>(&decoded);
  return meta == nullptr ? std::nullopt : std::optional(*meta);
}

void check(Bytes first, Bytes second) {
  const std::optional<Meta> meta = believed(first, second);
  const std::optional<Meta> one = believed(first, {});
  const std::optional<Meta> two = believed({}, second);
  if (!meta)
    return ensure(!one || !two);  // of two that are well, or a newer one beside it, neither
  ensure(meta == one || meta == two);
  if (one && two) ensure(meta->generation == std::max(one->generation, two->generation));
  const MetaSlot again = encode_meta(*meta);
  ensure(believed(again, again) == meta);
}

}  // namespace
}  // namespace pawl::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pawl::journal;
  if (size == 0) return 0;
  const unsigned control = data[0];
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t half = std::min(bytes.size(), meta_slot_bytes);
  std::vector<std::byte> first(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(half));
  std::vector<std::byte> second(bytes.begin() + static_cast<std::ptrdiff_t>(half), bytes.end());
  if ((control & 1U) != 0) reseal(first, (control & 4U) != 0);
  if ((control & 2U) != 0) reseal(second, (control & 4U) != 0);
  if ((control & 8U) != 0) first.clear();
  check(first, second);
  return 0;
}

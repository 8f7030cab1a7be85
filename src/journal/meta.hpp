// SPDX-License-Identifier: Apache-2.0
//
// META: who this node is and what must outlive any loss of the log. Two slots in sectors of their
// own; a change is written to one, flushed, then to the other, and counts after both: so one rotten
// slot loses nothing, and a power cut leaves the old value or the new one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>

#include "base/ids.hpp"
#include "base/settings.hpp"
#include "journal/record.hpp"

namespace pawl::journal {

inline constexpr std::size_t meta_slot_bytes = sector_bytes;
inline constexpr std::array<std::uint64_t, 2> meta_slot_offsets{0, 4096};
inline constexpr std::size_t meta_file_bytes = 8192;
inline constexpr std::size_t max_node_id_bytes = 63;
inline constexpr std::size_t max_boot_id_bytes = 39;

struct Meta {
  std::uint64_t generation = 0;  // rises with every change
  std::uint64_t cluster = 0;
  std::uint64_t incarnation = 0;
  std::string node;
  std::string boot;             // the machine's boot when this was written
  Token token_ceiling;          // no token above it was ever handed out
  Milliseconds longest_ttl{0};  // ever granted, lease or session
  Epoch epoch;
  std::string voted_for;  // in that epoch; empty: nobody
  BatchSequence durable;  // the log's newest batch known durable when this was written
  Durability durability = Durability::fsync;
  bool clean = false;        // shut down in order; nothing was written since
  bool recovering = false;   // a damaged replica: stores and acknowledges, may not vote
  bool hold_grants = false;  // a loss was accepted: new grants wait longest_ttl once
  bool operator==(const Meta&) const = default;
};

using MetaSlot = std::array<std::byte, meta_slot_bytes>;

struct MetaDamaged {};  // neither slot can be believed
struct MetaNewer {
  std::uint32_t version = 0;
};

[[nodiscard]] MetaSlot encode_meta(const Meta& meta);

// The newer of the two slots. A slot that could not be read is passed empty.
[[nodiscard]] std::variant<Meta, MetaNewer, MetaDamaged> decode_meta(Bytes first, Bytes second);

}  // namespace pawl::journal

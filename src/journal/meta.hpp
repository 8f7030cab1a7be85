// SPDX-License-Identifier: Apache-2.0
//
// META: who this node is and what must outlive any loss of the log. Two slots in sectors of their
// own; a change is written to one, flushed, then to the other, and counts after both: so one rotten
// slot loses nothing, and a power cut leaves the old value or the new one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/settings.hpp"
#include "journal/record.hpp"

namespace pawl::journal {

inline constexpr std::size_t meta_slot_bytes = sector_bytes;
inline constexpr std::array<std::uint64_t, 2> meta_slot_offsets{0, 4096};
inline constexpr std::size_t meta_file_bytes = 8192;
inline constexpr std::size_t max_node_id_bytes = 63;
inline constexpr std::size_t max_boot_id_bytes = 39;
inline constexpr std::size_t max_bound_disks = 16;

// Of one of several nodes: a program that knows only one alone must not take its directory.
inline constexpr std::uint32_t cluster_meta_version = 2;

// The data directory that another node was last met with.
struct BoundDisk {
  std::uint32_t node = 0;  // name_hash()
  std::uint64_t disk = 0;
  bool operator==(const BoundDisk&) const = default;
};

struct Meta {
  std::uint64_t generation = 0;   // rises with every change
  std::uint64_t cluster = 0;      // cluster_hash(); 0: a node alone
  std::uint64_t incarnation = 0;  // of the cluster: an operator's PROMOTE begins the next
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
  bool blank = false;        // one of several nodes, has never taken part
  bool promoted = false;     // an operator made it the only voter
  std::uint64_t disk = 0;    // 64 random bits, made with META: which data directory this is
  std::vector<BoundDisk> bound;
  bool operator==(const Meta&) const = default;
};

// An incarnation begins when a cluster is restored from a backup, of which all but the low byte is
// the fingerprint, and when one half of a pair is promoted: the low byte says which, counted
// from 1.
inline constexpr std::uint64_t promoted_half = 0xFF;

[[nodiscard]] std::uint64_t cluster_hash(std::string_view id);  // never 0
[[nodiscard]] std::uint32_t name_hash(std::string_view node);

// With which disk this node was last met; nothing: never.
[[nodiscard]] std::optional<std::uint64_t> disk_of(const Meta& meta, std::string_view node);
void bind_disk(Meta& meta, std::string_view node, std::uint64_t disk);
// Forgets those who are no member any more; so there is room for all who are.
void keep_bound(Meta& meta, const std::vector<std::string_view>& members);

using MetaSlot = std::array<std::byte, meta_slot_bytes>;

struct MetaDamaged {};  // neither slot can be believed
struct MetaNewer {
  std::uint32_t version = 0;
};

[[nodiscard]] MetaSlot encode_meta(const Meta& meta);

// The newer of the two slots. A slot that could not be read is passed empty.
[[nodiscard]] std::variant<Meta, MetaNewer, MetaDamaged> decode_meta(Bytes first, Bytes second);

}  // namespace pawl::journal

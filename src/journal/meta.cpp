// SPDX-License-Identifier: Apache-2.0
#include "journal/meta.hpp"

#include <algorithm>

#include "journal/preamble.hpp"

namespace pawl::journal {
namespace {

constexpr std::size_t checksum_at = meta_slot_bytes - 8;
constexpr std::size_t boot_at = 88;
constexpr std::size_t node_at = 128;
constexpr std::size_t vote_at = 192;
constexpr std::size_t disk_at = 256;
constexpr std::size_t bound_at = 264;
constexpr std::size_t bound_bytes = 12;
static_assert(bound_at + max_bound_disks * bound_bytes <= checksum_at);

void store_text(MutableBytes bytes, std::size_t at, const std::string& text, std::size_t most) {
  ensure(text.size() <= most);
  store8(bytes, at, static_cast<std::uint8_t>(text.size()));
  store_magic(bytes, at + 1, text);
}

std::optional<std::string> load_text(Bytes bytes, std::size_t at, std::size_t most) {
  const std::size_t size = load8(bytes, at);
  if (size > most) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(bytes[at + 1 + i]));
  return text;
}

std::vector<BoundDisk> load_bound(Bytes slot) {
  std::vector<BoundDisk> bound;
  for (std::size_t i = 0; i < max_bound_disks; ++i) {
    const std::size_t at = bound_at + i * bound_bytes;
    const BoundDisk one{load32(slot, at), load64(slot, at + 4)};
    if (one != BoundDisk{}) bound.push_back(one);
  }
  return bound;
}

void store_bound(MutableBytes slot, const std::vector<BoundDisk>& bound) {
  ensure(bound.size() <= max_bound_disks);
  for (std::size_t i = 0; i < bound.size(); ++i) {
    store32(slot, bound_at + i * bound_bytes, bound[i].node);
    store64(slot, bound_at + i * bound_bytes + 4, bound[i].disk);
  }
}

std::optional<Meta> decode_slot(Bytes slot) {
  const std::uint32_t version = read_version(slot, meta_magic);
  if (version == 0 || version > cluster_meta_version || slot.size() < meta_slot_bytes) {
    return std::nullopt;
  }
  slot = slot.first(meta_slot_bytes);
  if (load64(slot, checksum_at) != checksum(slot.first(checksum_at), 0)) return std::nullopt;
  const auto boot = load_text(slot, boot_at, max_boot_id_bytes);
  const auto node = load_text(slot, node_at, max_node_id_bytes);
  const auto vote = load_text(slot, vote_at, max_node_id_bytes);
  const std::uint8_t durability = load8(slot, 80);
  if (!boot || !node || !vote || durability > static_cast<std::uint8_t>(Durability::none)) {
    return std::nullopt;
  }
  if (load64(slot, 48) > static_cast<std::uint64_t>(Milliseconds::max().count())) {
    return std::nullopt;
  }
  Meta meta;
  meta.generation = load64(slot, 16);
  meta.cluster = load64(slot, 24);
  meta.incarnation = load64(slot, 32);
  meta.token_ceiling = Token{load64(slot, 40)};
  meta.longest_ttl = Milliseconds{static_cast<Milliseconds::rep>(load64(slot, 48))};
  meta.epoch = Epoch{load64(slot, 56)};
  meta.durable = BatchSequence{load64(slot, 64)};
  const std::uint64_t flags = load64(slot, 72);
  meta.clean = (flags & 1) != 0;
  meta.recovering = (flags & 2) != 0;
  meta.hold_grants = (flags & 4) != 0;
  meta.blank = (flags & 8) != 0;
  meta.promoted = (flags & 16) != 0;
  meta.disk = load64(slot, disk_at);
  meta.bound = load_bound(slot);
  meta.durability = static_cast<Durability>(durability);
  meta.boot = *boot;
  meta.node = *node;
  meta.voted_for = *vote;
  return meta;
}

}  // namespace

std::uint64_t cluster_hash(std::string_view id) {
  return std::max<std::uint64_t>(checksum(bytes_of(id), 0), 1);
}

std::uint32_t name_hash(std::string_view node) {
  return static_cast<std::uint32_t>(checksum(bytes_of(node), 0));
}

std::optional<std::uint64_t> disk_of(const Meta& meta, std::string_view node) {
  for (const BoundDisk& one : meta.bound) {
    if (one.node == name_hash(node)) return one.disk;
  }
  return std::nullopt;
}

void bind_disk(Meta& meta, std::string_view node, std::uint64_t disk) {
  std::erase_if(meta.bound, [&](const BoundDisk& one) { return one.node == name_hash(node); });
  meta.bound.push_back({name_hash(node), disk});
}

void keep_bound(Meta& meta, const std::vector<std::string_view>& members) {
  std::erase_if(meta.bound, [&](const BoundDisk& one) {
    return std::none_of(members.begin(), members.end(),
                        [&](std::string_view node) { return one.node == name_hash(node); });
  });
}

MetaSlot encode_meta(const Meta& meta) {
  MetaSlot slot{};
  store_preamble(slot, meta_magic, meta.cluster == 0 ? format_version : cluster_meta_version);
  store64(slot, 16, meta.generation);
  store64(slot, 24, meta.cluster);
  store64(slot, 32, meta.incarnation);
  store64(slot, 40, meta.token_ceiling.value);
  store64(slot, 48, static_cast<std::uint64_t>(meta.longest_ttl.count()));
  store64(slot, 56, meta.epoch.value);
  store64(slot, 64, meta.durable.value);
  store64(slot, 72,
          std::uint64_t{meta.clean} | std::uint64_t{meta.recovering} << 1 |
              std::uint64_t{meta.hold_grants} << 2 | std::uint64_t{meta.blank} << 3 |
              std::uint64_t{meta.promoted} << 4);
  store8(slot, 80, static_cast<std::uint8_t>(meta.durability));
  store_text(slot, boot_at, meta.boot, max_boot_id_bytes);
  store_text(slot, node_at, meta.node, max_node_id_bytes);
  store_text(slot, vote_at, meta.voted_for, max_node_id_bytes);
  store64(slot, disk_at, meta.disk);
  store_bound(slot, meta.bound);
  store64(slot, checksum_at, checksum(Bytes(slot).first(checksum_at), 0));
  return slot;
}

std::variant<Meta, MetaNewer, MetaDamaged> decode_meta(Bytes first, Bytes second) {
  for (const Bytes slot : {first, second}) {
    const std::uint32_t version = read_version(slot, meta_magic);
    if (version > cluster_meta_version) return MetaNewer{version};
  }
  const auto one = decode_slot(first);
  const auto two = decode_slot(second);
  if (one && two) return one->generation >= two->generation ? *one : *two;
  if (one) return *one;
  if (two) return *two;
  return MetaDamaged{};
}

}  // namespace pawl::journal

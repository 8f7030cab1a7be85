// SPDX-License-Identifier: Apache-2.0
//
// The memory of cancellation: the last 65,536 cancelled ids. A LOCK that arrives after its own
// CANCEL finds its id here and is answered CANCELLED. Part of the replicated state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/hash_index.hpp"
#include "base/slab.hpp"
#include "locks/entries.hpp"

namespace pawl::locks {

// What an id is unique in: a session, or (user, lock name) when leased.
struct IdScope {
  SessionId session;
  std::string_view user;
  std::string_view name;
};

class SpentIds {
 public:
  static constexpr std::size_t capacity = 65'536;

  explicit SpentIds(std::uint64_t seed) : seed_(seed) {}

  // At capacity the oldest is overwritten. An id cancelled again takes one more slot: the newer one
  // outlives the older.
  void remember(const IdScope& scope, std::string_view id, std::uint8_t mark);
  [[nodiscard]] bool contains(const IdScope& scope, std::string_view id) const;
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  [[nodiscard]] const SpentId& at(Slot slot) const { return ids_[slot]; }
  [[nodiscard]] Slot oldest() const { return oldest_; }

  // From a snapshot: so many slots, each then restored once.
  void restore_size(Slot size, Slot oldest);
  [[nodiscard]] bool restore(Slot slot, const IdScope& scope, std::string_view id);
  [[nodiscard]] std::size_t memory() const { return ids_.memory() + text_bytes_; }

 private:
  void fill(Slot slot, const IdScope& scope, std::string_view id);
  [[nodiscard]] std::uint32_t hash_of(const IdScope& scope, std::string_view id) const;

  std::uint64_t seed_;
  Slab<SpentId> ids_;
  HashIndex<SpentId, &SpentId::hash, &SpentId::hash_next> index_{ids_};
  Slot oldest_ = 0;  // slots are filled in order, then overwritten in that order
  std::size_t text_bytes_ = 0;
};

}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
#include "locks/spent_ids.hpp"

#include "base/hash.hpp"
#include "base/mutant.hpp"

namespace pawl::locks {

void SpentIds::remember(const IdScope& scope, std::string_view id, std::uint8_t mark) {
  if (is_mutant(Mutant::spent_forgotten)) return;
  Slot slot = oldest_;
  if (ids_.size() < capacity) {
    slot = ids_.allocate();
  } else {
    index_.erase(slot);
    oldest_ = static_cast<Slot>((oldest_ + 1) % capacity);
  }
  fill(slot, scope, id);
  ids_[slot].mark = mark;
}

void SpentIds::fill(Slot slot, const IdScope& scope, std::string_view id) {
  SpentId& spent = ids_[slot];
  text_bytes_ -= spent.bytes();
  spent.session = scope.session;
  spent.id = id;
  // A session's id is spent for every name.
  spent.user = scope.session.value != 0 ? std::string_view{} : scope.user;
  spent.name = scope.session.value != 0 ? std::string_view{} : scope.name;
  text_bytes_ += spent.bytes();
  index_.insert(slot, hash_of(scope, id));
}

void SpentIds::restore_size(Slot size, Slot oldest) {
  for (Slot slot = 0; slot < size; ++slot) static_cast<void>(ids_.allocate());
  oldest_ = oldest;
}

bool SpentIds::restore(Slot slot, const IdScope& scope, std::string_view id) {
  if (id.empty() || !ids_[slot].id.empty()) return false;
  fill(slot, scope, id);
  return true;
}

bool SpentIds::contains(const IdScope& scope, std::string_view id) const {
  return index_.find(hash_of(scope, id), [&](const SpentId& spent) {
    if (spent.id != id || spent.session != scope.session) return false;
    return scope.session.value != 0 || (spent.user == scope.user && spent.name == scope.name);
  }) != no_slot;
}

std::uint32_t SpentIds::hash_of(const IdScope& scope, std::string_view id) const {
  if (scope.session.value != 0) return hash_text(id, seed_ ^ scope.session.value);
  return hash_text(id, seed_) ^ hash_text(scope.name, seed_);
}

}  // namespace pawl::locks

// SPDX-License-Identifier: Apache-2.0
#include "node/recovered.hpp"

#include <optional>

#include "base/mutant.hpp"

namespace pawl::node {

Recovery::Recovery(std::uint64_t hash_seed, bool /*alone*/) {
  recovered_.table = std::make_unique<locks::LockTable>(hash_seed);
  reader_ = std::make_unique<locks::SnapshotReader>(*recovered_.table);
}

bool Recovery::feed_snapshot(std::string_view bytes) {
  recovered_.snapshot_bytes += bytes.size();
  return reader_->feed(bytes);
}

bool Recovery::end_snapshot(LogIndex index, Epoch epoch) {
  recovered_.last = index;
  recovered_.epoch = epoch;
  return reader_->finish();
}

bool Recovery::forget_from(LogIndex) { return false; }

bool Recovery::replay(LogIndex index, Epoch epoch, std::string_view bytes) {
  bool follows = index.value == recovered_.last.value + 1;
  if (is_mutant(Mutant::index_gap_unnoticed)) follows = true;
  if (!follows || epoch < recovered_.epoch) return false;
  std::optional<locks::Record> record = decoder_.decode(bytes);
  if (!record) return false;
  recovered_.table->apply(epoch, *record, effects_);
  recovered_.last = index;
  recovered_.epoch = epoch;
  recovered_.log_bytes += bytes.size();
  return true;
}

}  // namespace pawl::node

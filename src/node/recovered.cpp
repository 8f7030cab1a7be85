// SPDX-License-Identifier: Apache-2.0
#include "node/recovered.hpp"

#include <optional>

#include "base/ensure.hpp"
#include "base/mutant.hpp"

namespace pawl::node {

Recovery::Recovery(std::uint64_t hash_seed, bool alone) : alone_(alone) {
  recovered_.table = std::make_unique<locks::LockTable>(hash_seed);
  reader_ = std::make_unique<locks::SnapshotReader>(*recovered_.table);
}

bool Recovery::feed_snapshot(std::string_view bytes) {
  recovered_.snapshot_bytes += bytes.size();
  return reader_->feed(bytes);
}

bool Recovery::end_snapshot(LogIndex index, Epoch epoch) {
  recovered_.last = recovered_.snapshot = index;
  recovered_.epoch = epoch;
  recovered_.unapplied = replication::Log{index, epoch};
  return reader_->finish();
}

bool Recovery::forget_from(LogIndex index) {
  // Alone nobody else makes records: what replaces one that is applied already is no log of ours.
  if (alone_ || index <= recovered_.last) return false;
  recovered_.unapplied.truncate(index);
  return true;
}

bool Recovery::replay(LogIndex index, Epoch epoch, std::string_view bytes) {
  bool follows = index.value == last().value + 1;
  if (is_mutant(Mutant::index_gap_unnoticed)) follows = true;
  if (!follows || epoch < last_epoch()) return false;
  std::optional<locks::Record> record = decoder_.decode(bytes);
  if (!record) return false;
  if (alone_) {
    apply(index, epoch, *record, bytes.size());
  } else {
    recovered_.unapplied.append(epoch, {}, [&](std::string& out) { out += bytes; });
  }
  return true;
}

void Recovery::apply(LogIndex index, Epoch epoch, const locks::Record& record, std::size_t bytes) {
  recovered_.table->apply(epoch, record, effects_);
  recovered_.last = index;
  recovered_.epoch = epoch;
  recovered_.log_bytes += bytes;
}

void Recovery::apply_all() {
  while (recovered_.last < recovered_.unapplied.last()) {
    const replication::Entry entry = recovered_.unapplied.at(LogIndex{recovered_.last.value + 1});
    std::optional<locks::Record> record = decoder_.decode(entry.bytes);
    ensure(record.has_value());  // it was understood when it came
    apply(entry.index, entry.epoch, *record, entry.bytes.size());
  }
  recovered_.unapplied.release(recovered_.unapplied.last());
}

Recovered Recovery::take() {
  if (alone_) recovered_.unapplied = replication::Log{recovered_.last, recovered_.epoch};
  return std::move(recovered_);
}

}  // namespace pawl::node

// SPDX-License-Identifier: Apache-2.0
#include "replication/log.hpp"

#include <algorithm>
#include <utility>

#include "base/ensure.hpp"

namespace pawl::replication {
namespace {

constexpr std::size_t kept_ready = std::size_t{8} << 20;  // bytes, for records to come

}  // namespace

Entry Log::at(LogIndex index) const {
  ensure(index > released_ && index <= last());
  const Kept& entry = kept(index);
  return {index, entry.epoch, entry.origin,
          std::string_view{bytes_}.substr(entry.start - base_, entry.size)};
}

Epoch Log::epoch_at(LogIndex index) const {
  ensure(index >= released_ && index <= last());
  return index == released_ ? released_epoch_ : kept(index).epoch;
}

LogIndex Log::may_agree_at(EntryId id) const {
  LogIndex index = std::max(std::min(id.index, last()), released_);
  // Epochs never fall along a log: a record of a later epoch than `id` is not in that log.
  while (index > released_ && epoch_at(index) > id.epoch) --index.value;
  return index;
}

void Log::truncate(LogIndex from) {
  ensure(from > released_);
  if (from > last()) return;
  bytes_.resize(kept(from).start - base_);
  entries_.resize(from.value - released_.value - 1);
}

void Log::release_first() {
  released_epoch_ = entries_.front().epoch;
  entries_.pop_front();
  ++released_.value;
}

void Log::release(LogIndex index) {
  ensure(index <= last());
  while (released_ < index) release_first();
  give_back_storage();
}

void Log::release(LogIndex index, std::size_t kept_bytes) {
  if (index <= released_) return;
  ensure(index <= last());
  if (kept_bytes > 0 && cost() <= kept_bytes) return;
  while (released_ < index && (kept_bytes == 0 || cost() > kept_bytes)) release_first();
  give_back_storage();
}

std::size_t Log::cost_behind(LogIndex index) const {
  ensure(index >= released_);
  if (index >= last()) return 0;
  std::size_t live = bytes_.size() - (kept(LogIndex{index.value + 1}).start - base_);
  return live + (last().value - index.value) * entry_overhead;
}

// Moves the rest down once half of the buffer is given up: each byte moves at most once on average.
void Log::give_back_storage() {
  if (entries_.empty()) {
    base_ += bytes_.size();
    bytes_.clear();
    if (bytes_.capacity() > kept_ready) shrink();
    return;
  }
  std::size_t start = entries_.front().start - base_;
  if (start < bytes_.size() - start) return;
  bytes_.erase(0, start);
  base_ += start;
  if (bytes_.capacity() > kept_ready) shrink();
}

// What a start read and a peer that was far behind are gone some time; their room goes with them.
void Log::shrink() {
  if (bytes_.size() < bytes_.capacity() / 4) bytes_.shrink_to_fit();
}

void Log::restart_behind(EntryId base) {
  ensure(base.index >= released_);
  if (base.index <= last() && epoch_at(base.index) == base.epoch) {
    release(base.index);
    return;
  }
  base_ += bytes_.size();
  bytes_.clear();
  bytes_.shrink_to_fit();
  entries_.clear();
  released_ = base.index;
  released_epoch_ = base.epoch;
}

std::vector<Origin> Log::take_origins_behind(LogIndex index) {
  std::vector<Origin> origins;
  LogIndex at = released_;
  for (Kept& entry : entries_) {
    ++at.value;
    Origin origin = std::exchange(entry.origin, {});
    if (at > index && origin.connection) origins.push_back(origin);
  }
  return origins;
}

}  // namespace pawl::replication

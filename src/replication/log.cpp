// SPDX-License-Identifier: Apache-2.0
#include "replication/log.hpp"

#include "base/ensure.hpp"

namespace pawl::replication {

Entry Log::at(LogIndex index) const {
  ensure(index > released_ && index <= last());
  const Kept& kept = entries_[index.value - released_.value - 1];
  return {index, kept.epoch, kept.origin, std::string_view{bytes_}.substr(kept.start, kept.size)};
}

void Log::release(LogIndex index) {
  ensure(index <= last());
  while (released_ < index) {
    entries_.pop_front();
    ++released_.value;
  }
  if (entries_.empty()) {
    bytes_.clear();
    return;
  }
  // Move the rest down once half of the buffer is given up: each byte moves at most once on
  // average.
  std::size_t start = entries_.front().start;
  if (start < bytes_.size() - start) return;
  bytes_.erase(0, start);
  for (Kept& kept : entries_) kept.start -= start;
}

}  // namespace pawl::replication

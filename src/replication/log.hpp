// SPDX-License-Identifier: Apache-2.0
//
// The part of the primary-backup log that is kept in memory: records as opaque bytes, each with the
// request that waits for it. Indices are contiguous, epochs never fall. What is released is known
// by the id of its last record only. Appending reuses storage that release gave up.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace pawl::replication {

// Names a record and, by log matching, all before it. Greater: more complete (R2).
struct EntryId {
  Epoch epoch;
  LogIndex index;
  auto operator<=>(const EntryId&) const = default;
};

struct Entry {
  LogIndex index;
  Epoch epoch;
  Origin origin;
  std::string_view bytes;  // valid until the next append, truncation or release
};

class Log {
 public:
  // What a record costs beside its bytes, to whoever bounds the log.
  static constexpr std::size_t entry_overhead = 48;

  // An empty log whose next record follows `released`.
  explicit Log(LogIndex released = {}, Epoch released_epoch = {})
      : released_(released), released_epoch_(released_epoch) {}

  // `encode(std::string&)` appends the record's bytes.
  template <class Encode>
  LogIndex append(Epoch epoch, Origin origin, Encode encode) {
    std::size_t start = bytes_.size();
    encode(bytes_);
    auto size = static_cast<std::uint32_t>(bytes_.size() - start);
    entries_.push_back({epoch, base_ + start, origin, size});
    return last();
  }

  [[nodiscard]] LogIndex last() const { return LogIndex{released_.value + entries_.size()}; }
  [[nodiscard]] EntryId last_id() const { return {epoch_at(last()), last()}; }
  [[nodiscard]] LogIndex released() const { return released_; }
  [[nodiscard]] Entry at(LogIndex index) const;
  // Of a record that is kept, or of the last one released.
  [[nodiscard]] Epoch epoch_at(LogIndex index) const;
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }
  // With what is ready for more: little more than what was kept lately.
  [[nodiscard]] std::size_t storage() const { return bytes_.capacity(); }
  // The furthest record, at `id` or before, that a log ending with `id` may have in common with
  // this one: whatever lies behind it differs. Not before what is released.
  [[nodiscard]] LogIndex may_agree_at(EntryId id) const;

  // What the records behind `index` take, not before what is released.
  [[nodiscard]] std::size_t cost_behind(LogIndex index) const;

  // Takes back everything from `from` on.
  void truncate(LogIndex from);
  // Gives up everything up to `index`: it is applied, and whoever needs its bytes has them.
  void release(LogIndex index);
  // … but keeps what fits in so many bytes, for those who lag.
  void release(LogIndex index, std::size_t kept);
  // Nothing but what comes behind `base`, whose records are in a snapshot. Keeps what follows if
  // the log holds `base` itself.
  void restart_behind(EntryId base);
  // Who waits for the records behind `index`, in order; from now on nobody does.
  [[nodiscard]] std::vector<Origin> take_origins_behind(LogIndex index);

 private:
  struct Kept {
    Epoch epoch;
    std::uint64_t start;  // since the first byte ever
    Origin origin;
    std::uint32_t size;
  };
  static_assert(sizeof(Kept) == 32, "a power of two: found in the deque without a division");

  [[nodiscard]] const Kept& kept(LogIndex index) const {
    return entries_[index.value - released_.value - 1];
  }
  [[nodiscard]] std::size_t cost() const { return cost_behind(released_); }
  void release_first();
  void give_back_storage();
  void shrink();

  std::string bytes_;
  std::uint64_t base_ = 0;  // of bytes_, since the first byte ever
  std::deque<Kept> entries_;
  LogIndex released_;
  Epoch released_epoch_;
};

}  // namespace pawl::replication

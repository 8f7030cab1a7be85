// SPDX-License-Identifier: Apache-2.0
//
// LIST and SESSIONS in order of name, of waiters or of handle, over tables that keep no order: each
// slice looks at a bounded number of slots and keeps the smallest keys. An entry that stands from
// the first slice to the last is found; a million locks stall nobody.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/slab.hpp"

namespace pawl::node {

inline constexpr Slot scan_slice = 4096;

template <class Key>
class Scan {
 public:
  Scan(ConnectionId connection, Key wanted_after, std::string wanted_prefix, std::size_t limit)
      : after(std::move(wanted_after)),
        prefix(std::move(wanted_prefix)),
        connection_(connection),
        limit_(limit) {}

  Key after;           // keys up to here are not wanted
  std::string prefix;  // nor those without it

  // Visits the next slots of `end`; true once all were seen. `visit(slot)` offers keys.
  template <class Visit>
  bool run(Slot end, Visit visit) {
    Slot stop = std::min<Slot>(end, cursor_ + scan_slice);
    for (; cursor_ < stop; ++cursor_) visit(cursor_);
    done_ = cursor_ >= end;
    return done_;
  }

  template <class View>
  void offer(const View& key) {
    if (keys_.size() > limit_) {
      if (!(key < keys_.front())) return;
      std::pop_heap(keys_.begin(), keys_.end());
      keys_.pop_back();
    }
    keys_.emplace_back(key);
    std::push_heap(keys_.begin(), keys_.end());
  }

  // Sorted, at most `limit`; and whether there are more.
  [[nodiscard]] std::pair<std::vector<Key>, bool> take() {
    std::sort_heap(keys_.begin(), keys_.end());
    bool more = keys_.size() > limit_;
    if (more) keys_.pop_back();
    return {std::move(keys_), more};
  }

  [[nodiscard]] ConnectionId connection() const { return connection_; }
  [[nodiscard]] bool is_done() const { return done_; }

 private:
  ConnectionId connection_;
  std::size_t limit_;
  std::vector<Key> keys_;  // a heap of limit + 1 at most, the largest in front
  Slot cursor_ = 0;
  bool done_ = false;
};

// A lock that is awaited: the more wait, the earlier it comes.
template <class Text>
struct Awaited {
  std::uint64_t waiters = 0;
  Text name;

  Awaited() = default;
  Awaited(std::uint64_t count, Text text) : waiters(count), name(std::move(text)) {}
  template <class Other>
  explicit Awaited(const Awaited<Other>& other) : waiters(other.waiters), name(other.name) {}
  template <class Other>
  bool operator<(const Awaited<Other>& other) const {
    return waiters != other.waiters ? waiters > other.waiters : name < other.name;
  }
};

// Of all that are awaited it also knows since when the first of them is.
class AwaitedScan : public Scan<Awaited<std::string>> {
 public:
  using Scan::Scan;

  std::int64_t oldest_stamp_ms = std::numeric_limits<std::int64_t>::max();
};

}  // namespace pawl::node

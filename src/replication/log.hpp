// SPDX-License-Identifier: Apache-2.0
//
// The part of the primary-backup log that is kept in memory: records as opaque bytes, each with the
// request that waits for it. Indices are contiguous. Appending reuses storage that release gave up.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace pawl::replication {

struct Entry {
  LogIndex index;
  Epoch epoch;
  Origin origin;
  std::string_view bytes;  // valid until the next append or release
};

class Log {
 public:
  // An empty log whose next record follows `released`.
  explicit Log(LogIndex released = {}) : released_(released) {}

  // `encode(std::string&)` appends the record's bytes.
  template <class Encode>
  LogIndex append(Epoch epoch, Origin origin, Encode encode) {
    std::size_t start = bytes_.size();
    encode(bytes_);
    entries_.push_back({epoch, origin, start, bytes_.size() - start});
    return last();
  }

  [[nodiscard]] LogIndex last() const { return LogIndex{released_.value + entries_.size()}; }
  [[nodiscard]] LogIndex released() const { return released_; }
  [[nodiscard]] Entry at(LogIndex index) const;
  [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }

  // Gives up everything up to `index`: it is applied, and whoever needs its bytes has them.
  void release(LogIndex index);

 private:
  struct Kept {
    Epoch epoch;
    Origin origin;
    std::size_t start;
    std::size_t size;
  };

  std::string bytes_;
  std::deque<Kept> entries_;
  LogIndex released_;
};

}  // namespace pawl::replication

// SPDX-License-Identifier: Apache-2.0
//
// What stands in the log and is not applied yet, as far as a decision before the log must know it:
// which names records touch, which TTLs are about to change, how long a LOCK will wait.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/moment.hpp"
#include "locks/record.hpp"

namespace pawl::node {

class InFlight {
 public:
  explicit InFlight(std::uint64_t seed) : seed_(seed) {}

  void add(const locks::Record& record) { count(record, 1); }
  void remove(const locks::Record& record) { count(record, -1); }

  // Whatever is in flight is somebody else's now.
  void clear() { *this = InFlight{seed_}; }

  // Records in flight that may touch this name; errs only upwards.
  [[nodiscard]] std::uint32_t touching(std::string_view name) const {
    return anywhere_ + names_[bucket(name)];
  }
  // Names in LOCKs in flight, beyond the first of each.
  [[nodiscard]] std::uint32_t further_names() const { return further_names_; }
  // LOCKs in flight.
  [[nodiscard]] std::uint32_t locks() const { return locks_; }
  // Does a record in flight change a lease's TTL? Then only the log knows what TTL it will have.
  [[nodiscard]] bool changes_a_ttl() const { return ttl_changes_ != 0; }

  void add_wait(LogIndex index, Moment deadline) { waits_.push_back({index, deadline}); }
  // The deadline noted for the LOCK at this index; `never` if it does not wait.
  [[nodiscard]] Moment take_wait(LogIndex index) {
    if (waits_.empty() || waits_.front().index != index) return never;
    Moment deadline = waits_.front().deadline;
    waits_.pop_front();
    return deadline;
  }

 private:
  struct Wait {
    LogIndex index;
    Moment deadline;
  };

  void count(const locks::Record& record, int by);
  [[nodiscard]] std::size_t bucket(std::string_view name) const {
    return hash_text(name, seed_) % names_.size();
  }

  std::uint64_t seed_;
  std::array<std::uint32_t, 4096> names_{};
  std::uint32_t anywhere_ = 0;
  std::uint32_t ttl_changes_ = 0;
  std::uint32_t locks_ = 0;
  std::uint32_t further_names_ = 0;
  std::deque<Wait> waits_;
};

}  // namespace pawl::node

// SPDX-License-Identifier: Apache-2.0
//
// All that any node of a cluster ever committed, and the lock table it makes: the truth that
// clients' answers and every node's own table are judged by (I13). A record is entered once, by
// whoever says first that it is committed; whoever says so later must have the same.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "locks/lock_table.hpp"
#include "locks/record_codec.hpp"
#include "replication/log.hpp"
#include "tally.hpp"

namespace pawl::simulation {

class Ledger {
 public:
  struct Surroundings {
    std::function<void()> before;           // a record is applied
    std::function<void(LogIndex)> applied;  // … and now it is
    std::function<void(Epoch)> new_epoch;   // … and it was the first of its epoch
    std::function<Moment()> now;
    std::function<void(const locks::record::Lock&)> deadlock;  // … was told to this LOCK
  };
  explicit Ledger(Surroundings surroundings) : surroundings_(std::move(surroundings)) {}

  // A node has this record in its log. Log matching: (epoch, index) names it and all before it.
  void on_logged(replication::EntryId id, Epoch before, std::string_view bytes);
  // A node says that this record is committed. True if nobody said so before.
  bool on_committed(replication::EntryId id);
  // A node has applied everything up to `index`; its table says `digest`.
  void on_applied(LogIndex index, std::uint64_t digest, const std::string& who) const;

  // A node was elected. At most one in an epoch.
  void on_elected(Epoch epoch, std::size_t node);

  [[nodiscard]] LogIndex last() const { return LogIndex{committed_.size()}; }
  [[nodiscard]] Epoch epoch_at(LogIndex index) const { return committed_[index.value - 1]; }
  [[nodiscard]] Epoch newest_epoch() const {
    return committed_.empty() ? Epoch{} : committed_.back();
  }
  [[nodiscard]] bool has_epoch(Epoch epoch) const { return began_.contains(epoch); }
  // When the first record of any epoch after this one was committed; `never` if none was.
  [[nodiscard]] Moment epoch_ended(Epoch epoch) const {
    auto next = began_.upper_bound(epoch);
    return next == began_.end() ? never : next->second;
  }
  [[nodiscard]] Epoch newest_primary() const {
    return primaries_.empty() ? Epoch{} : primaries_.rbegin()->first;
  }
  [[nodiscard]] const locks::LockTable& table() const { return table_; }
  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] std::size_t epochs() const { return began_.size(); }

 private:
  struct Known {
    Epoch before;
    std::string bytes;
  };

  void count(const locks::Record& record);

  Surroundings surroundings_;
  std::map<replication::EntryId, Known> known_;
  std::vector<Epoch> committed_;        // from index 1
  std::vector<std::uint64_t> digests_;  // of the table behind each
  std::map<Epoch, Moment> began_;
  std::map<Epoch, std::size_t> primaries_;
  Tally tally_;
  locks::LockTable table_;
  locks::RecordDecoder decoder_;
  locks::Effects effects_;
};

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
//
// What a start finds on the disk: the table as the snapshot and the records after it make it, and
// what META says. A Recovery builds it, piece by piece, from whoever reads the files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "locks/lock_table.hpp"
#include "locks/record_codec.hpp"
#include "replication/event.hpp"
#include "replication/log.hpp"

namespace pawl::node {

struct Recovered {
  std::unique_ptr<locks::LockTable> table;
  Epoch epoch;    // of the last record applied
  LogIndex last;  // the last record applied
  // Durable records behind it. One node alone has none: all it finds is committed, and applied. One
  // of several knows of a snapshot only that what is in it is committed.
  replication::Log unapplied{};
  replication::Ballot ballot;  // as durable
  // Drawn at random if durable records were lost, or if META says that they are not all here again.
  replication::RepairId repair;
  bool blank = false;     // one of several, and META is new: has never taken part
  bool promoted = false;  // by an operator: it alone votes
  std::uint64_t incarnation = 0;
  LogIndex snapshot;  // of the newest one on the disk
  // Of the snapshot applied; nothing: of none, for the table is new.
  std::optional<std::string> snapshot_head{};
  Token ceiling;  // what META says now: tokens up to here may be granted
  Milliseconds longest_ttl{0};
  // For a start that is not provably complete: tokens go on above this, and new grants wait so
  // long.
  Token token_floor;
  Milliseconds grace{0};
  // So that a snapshot is due in time however often the process restarts.
  std::uint64_t snapshot_bytes = 0;
  std::uint64_t log_bytes = 0;  // of the records behind it that are applied
};

class Recovery {
 public:
  // `alone`: a directory that never was of one of several nodes; each record is applied as it
  // comes. Else the records behind the snapshot stay unapplied.
  explicit Recovery(std::uint64_t hash_seed, bool alone = true);

  // The newest snapshot, if there is one: its pieces in order, then the index it stands for. False:
  // the bytes are no snapshot of this version.
  [[nodiscard]] bool feed_snapshot(std::string_view bytes);
  [[nodiscard]] bool end_snapshot(LogIndex index, Epoch epoch);
  // The records behind it, in order. False: these are no record's bytes, or not the next one.
  [[nodiscard]] bool replay(LogIndex index, Epoch epoch, std::string_view bytes);
  // A newer primary replaced the records from here on; not below what is applied.
  [[nodiscard]] bool forget_from(LogIndex index);
  // At the end, for who knows that all there is counts: the only voter, a look at a stopped node.
  void apply_all();

  [[nodiscard]] LogIndex last() const {
    return alone_ ? recovered_.last : recovered_.unapplied.last();
  }
  [[nodiscard]] Recovered take();

 private:
  [[nodiscard]] Epoch last_epoch() const {
    return alone_ ? recovered_.epoch : recovered_.unapplied.last_id().epoch;
  }
  void apply(LogIndex index, Epoch epoch, const locks::Record& record, std::size_t bytes);

  const bool alone_;
  Recovered recovered_;
  std::unique_ptr<locks::SnapshotReader> reader_;
  locks::RecordDecoder decoder_;
  locks::Effects effects_;
};

}  // namespace pawl::node

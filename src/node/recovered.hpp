// SPDX-License-Identifier: Apache-2.0
//
// What a start finds on the disk: the table as the snapshot and the records after it make it, and
// what META says. A Recovery builds it, piece by piece, from whoever reads the files.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/ids.hpp"
#include "locks/lock_table.hpp"
#include "locks/record_codec.hpp"

namespace pawl::node {

struct Recovered {
  std::unique_ptr<locks::LockTable> table;
  Epoch epoch;    // the newest that the disk knows
  LogIndex last;  // the last record applied
  Token ceiling;  // what META says now: tokens up to here may be granted
  Milliseconds longest_ttl{0};
  // For a start that is not provably complete: tokens go on above this, and new grants wait so
  // long.
  Token token_floor;
  Milliseconds grace{0};
  // So that a snapshot is due in time however often the process restarts.
  std::uint64_t snapshot_bytes = 0;
  std::uint64_t log_bytes = 0;  // of the records behind it
};

class Recovery {
 public:
  explicit Recovery(std::uint64_t hash_seed);

  // The newest snapshot, if there is one: its pieces in order, then the index it stands for. False:
  // the bytes are no snapshot of this version.
  [[nodiscard]] bool feed_snapshot(std::string_view bytes);
  [[nodiscard]] bool end_snapshot(LogIndex index, Epoch epoch);
  // The records behind it, in order. False: these are no record's bytes, or not the next one.
  [[nodiscard]] bool replay(LogIndex index, Epoch epoch, std::string_view bytes);

  [[nodiscard]] LogIndex last() const { return recovered_.last; }
  [[nodiscard]] Recovered take() { return std::move(recovered_); }

 private:
  Recovered recovered_;
  std::unique_ptr<locks::SnapshotReader> reader_;
  locks::RecordDecoder decoder_;
  locks::Effects effects_;
};

}  // namespace pawl::node

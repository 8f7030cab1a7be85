// SPDX-License-Identifier: Apache-2.0
//
// The start: reads snapshot and log through journal's verdicts, then makes the log safe to go on.
// Nothing is changed on the disk by recover(); nothing may be acknowledged before open_log().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/meta.hpp"
#include "journal/replay.hpp"
#include "journal/retention.hpp"
#include "journal/snapshot.hpp"
#include "storage/log.hpp"

namespace pawl::storage {

// In this order: perhaps a head and its chunks, then records, some of them taken back.
struct RecoverySink {
  journal::SnapshotSink snapshot;
  journal::ReplaySink log;
};

struct RejectedSnapshot {
  std::string name;
  std::string path;
  std::string why;
};

struct Recovered {
  std::optional<journal::SnapshotHeader> snapshot;  // handed out
  std::vector<RejectedSnapshot> rejected;           // newer ones that are damaged: warn
  journal::BatchSequence known_durable;
  journal::ReplayResult log;
  std::string path;  // of the segment the verdict speaks of
  journal::Inventory inventory;
};

// Reads everything. A damaged log is a verdict, not a failure; a failure is a newer format or a
// disk that cannot be read at all.
[[nodiscard]] Result<Recovered> recover(Directory& directory, const journal::Meta& meta,
                                        const RecoverySink& sink);

enum class OnLoss : std::uint8_t {
  refuse,  // failure `damaged`, which names file, offset, records and the repair command
  // An operator accepted the loss, or a replica will get the rest from its primary. META must say
  // so before: the ceiling raised and grants held back, or `recovering`. What is given up is set
  // aside as lost-*, but for the rest of the segment that is cut.
  keep_prefix,
};

struct OpenLogOptions {
  std::uint64_t segment_bytes = journal::default_segment_bytes;
  std::uint64_t salt_seed = 0;  // 64 random bits
  bool clean_shutdown = false;  // META said so, and was this machine's last word
  OnLoss on_loss = OnLoss::refuse;
};

// Deletes leftovers; sets damaged snapshots aside, lest they count as newest when older files are
// deleted; cuts a torn tail; unless the shutdown was clean copies the last segment anew,
// for after a failed flush memory may show what the disk lacks. What the log then holds is durable.
[[nodiscard]] Result<Log> open_log(Directory& directory, const Recovered& recovered,
                                   const OpenLogOptions& options);

}  // namespace pawl::storage

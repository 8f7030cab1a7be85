// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "journal/names.hpp"
#include "storage/recovery.hpp"

namespace pawl::storage {
namespace {

Failure refusal(const Recovered& recovered) {
  const bool newer = std::holds_alternative<journal::NewerFormat>(recovered.log.verdict);
  std::string message = recovered.path + ": " + journal::describe(recovered.log.verdict);
  if (!newer) {
    message +=
        "; restore a backup, or give up this and all that follows with: pawld repair --accept-loss";
  }
  return {newer ? FailureKind::newer_format : FailureKind::damaged, std::move(message)};
}

// On a full disk the ballast makes room: a start needs it more than a later append.
template <class Make>
Result<void> with_ballast(Directory& directory, Make make) {
  auto made = make();
  if (made || made.error().kind != FailureKind::no_space) return made;
  if (!directory.remove(std::string(journal::ballast_name))) return made;
  return make();
}

Result<void> write_copy(File& from, File& to, std::uint64_t kept, std::uint64_t capacity) {
  std::vector<std::byte> piece(std::size_t{256} * 1024);
  for (std::uint64_t at = 0; at < capacity; at += piece.size()) {
    const MutableBytes part =
        MutableBytes(piece).first(std::min<std::uint64_t>(piece.size(), capacity - at));
    std::fill(part.begin(), part.end(), std::byte{0});
    if (at < kept) {
      const auto read =
          from.read_at(at, part.first(std::min<std::uint64_t>(part.size(), kept - at)));
      if (!read) return read.error();
    }
    if (const auto done = to.write_at(at, part); !done) return done.error();
  }
  return to.sync();
}

// Puts a freshly written file in the place of a segment: its first `kept` bytes, then zeros.
Result<void> copy_anew(Directory& directory, const std::string& name, std::uint64_t kept,
                       std::uint64_t capacity) {
  const std::string temporary = name + std::string(journal::temporary_suffix);
  auto from = directory.open(name);
  if (!from) return from.error();
  const auto copied = with_ballast(directory, [&]() -> Result<void> {
    auto to = directory.create(temporary);
    if (!to) return to.error();
    return write_copy(**from, **to, kept, capacity);
  });
  if (!copied) return copied.error();
  if (const auto done = directory.rename(temporary, name); !done) return done.error();
  return directory.sync();
}

Result<void> delete_leftovers(Directory& directory, const journal::Inventory& inventory) {
  for (const std::string& name : inventory.leftovers) {
    if (const auto done = directory.remove(name); !done) return done.error();
  }
  return {};
}

Result<void> set_aside(Directory& directory, const std::string& name) {
  return directory.rename(name, std::string(journal::lost_prefix) + name);
}

const journal::SegmentName* find(const journal::Inventory& inventory,
                                 journal::SegmentNumber number) {
  for (const journal::SegmentName& name : inventory.segments) {
    if (name.number == number) return &name;
  }
  return nullptr;
}

Result<Log> begin_segment(Directory& directory, const Recovered& recovered,
                          const OpenLogOptions& options, journal::SegmentHeader header) {
  header.before = recovered.log.end;
  const auto snapshot = recovered.snapshot.value_or(journal::SnapshotHeader{});
  const bool unfit = recovered.log.misses_snapshot || header.before.index < snapshot.index;
  if (unfit || recovered.log.segment == journal::SegmentNumber{}) {
    header.before.index = snapshot.index;
    header.before.record_epoch = snapshot.epoch;
    header.before.batch_epoch = std::max(header.before.batch_epoch, snapshot.epoch);
  }
  if (header.after_loss) {
    header.before.sequence = std::max(header.before.sequence, recovered.known_durable);
  }
  const auto prepared =
      with_ballast(directory, [&] { return prepare_segment(directory, options.segment_bytes); });
  if (!prepared) return prepared.error();
  return Log::begin(directory, header, options.salt_seed);
}

// Where segments follow, each step leaves a log that is still found damaged, until the last.
Result<Log> keep_prefix(Directory& directory, const Recovered& recovered,
                        const OpenLogOptions& options) {
  const journal::ReplayResult& log = recovered.log;
  journal::SegmentHeader header;
  header.after_loss = true;
  header.number = journal::SegmentNumber{log.segment.value + 1};
  if (const auto* last = find(recovered.inventory, log.segment)) {
    const auto done = copy_anew(directory, journal::format_name(*last), log.offset, log.capacity);
    if (!done) return done.error();
  } else if (!recovered.inventory.segments.empty()) {
    header.number.value = recovered.inventory.segments.back().number.value + 1;
  }
  const auto snapshot = recovered.snapshot.value_or(journal::SnapshotHeader{});
  for (const auto& name : journal::segments_behind(recovered.inventory, snapshot.index)) {
    if (name.number <= log.segment) continue;
    const auto done = set_aside(directory, journal::format_name(name));
    if (!done) return done.error();
  }
  if (const auto done = directory.sync(); !done) return done.error();
  return begin_segment(directory, recovered, options, header);
}

}  // namespace

Result<Log> open_log(Directory& directory, const Recovered& recovered,
                     const OpenLogOptions& options) {
  const journal::ReplayResult& log = recovered.log;
  const bool usable = journal::is_usable(log.verdict);
  const bool newer = std::holds_alternative<journal::NewerFormat>(log.verdict);
  if (newer || (!usable && options.on_loss == OnLoss::refuse)) return refusal(recovered);
  if (const auto done = delete_leftovers(directory, recovered.inventory); !done) {
    return done.error();
  }
  for (const RejectedSnapshot& rejected : recovered.rejected) {
    if (const auto done = set_aside(directory, rejected.name); !done) return done.error();
  }
  if (!usable) return keep_prefix(directory, recovered, options);

  const journal::SegmentName* last = find(recovered.inventory, log.segment);
  if (last == nullptr) {
    return begin_segment(directory, recovered, options,
                         {journal::SegmentNumber{1}, 0, 0, false, {}});
  }
  const bool as_it_is =
      options.clean_shutdown && std::holds_alternative<journal::Clean>(log.verdict);
  if (!as_it_is) {
    const auto done = copy_anew(directory, journal::format_name(*last), log.offset, log.capacity);
    if (!done) return done.error();
  }
  // The log of a replica that was given a snapshot, or whose unflushed tail the snapshot outlived.
  const bool unfit =
      recovered.snapshot && (log.misses_snapshot || log.end.index < recovered.snapshot->index);
  if (unfit) {
    return begin_segment(directory, recovered, options,
                         {journal::SegmentNumber{log.segment.value + 1}, 0, 0, false, {}});
  }
  return Log::resume(directory, log, *last, options.salt_seed);
}

}  // namespace pawl::storage

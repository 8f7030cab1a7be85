// SPDX-License-Identifier: Apache-2.0
#include "storage/recovery.hpp"

#include <algorithm>
#include <utility>

#include "base/overloaded.hpp"
#include "storage/snapshot_file.hpp"

namespace pawl::storage {
namespace {

// What the disk would not give is zeros, and listed.
struct LoadedSegment {
  std::vector<std::byte> bytes;
  std::vector<journal::ByteRange> unreadable;
};

constexpr std::size_t piece_bytes = std::size_t{256} * 1024;

// Bisects where the disk gives an error, down to a sector.
Result<void> read_range(File& file, std::uint64_t begin, std::uint64_t end, LoadedSegment& out) {
  const auto read = file.read_at(begin, MutableBytes(out.bytes).subspan(begin, end - begin));
  if (read) return {};
  if (read.error().kind != FailureKind::io) return read.error();
  if (end - begin <= journal::sector_bytes) {
    std::fill(out.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
              out.bytes.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
    out.unreadable.push_back({begin, end});
    return {};
  }
  const std::uint64_t half = journal::round_up((end - begin) / 2, journal::sector_bytes);
  if (const auto done = read_range(file, begin, begin + half, out); !done) return done.error();
  return read_range(file, begin + half, end, out);
}

Result<LoadedSegment> load_segment(Directory& directory, const std::string& name) {
  auto file = directory.open(name);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  LoadedSegment loaded;
  loaded.bytes.resize(std::min<std::uint64_t>(*size, journal::segment_header_bytes));
  if (const auto done = read_range(**file, 0, loaded.bytes.size(), loaded); !done) {
    return done.error();
  }
  const auto header = journal::decode_segment_header(loaded.bytes);
  const auto* valid = std::get_if<journal::SegmentHeader>(&header);
  if (valid == nullptr) return loaded;  // replay says what that means
  loaded.bytes.resize(std::min(*size, valid->capacity));
  for (std::uint64_t at = journal::segment_header_bytes; at < loaded.bytes.size();
       at += piece_bytes) {
    const std::uint64_t end = std::min<std::uint64_t>(at + piece_bytes, loaded.bytes.size());
    if (const auto done = read_range(**file, at, end, loaded); !done) return done.error();
  }
  return loaded;
}

// Verified before anything of it is handed out. nullopt: damaged, the reason is in `recovered`.
Result<std::optional<journal::SnapshotHeader>> try_snapshot(Directory& directory,
                                                            const journal::SnapshotName& name,
                                                            Recovered& recovered) {
  using Tried = Result<std::optional<journal::SnapshotHeader>>;
  const std::string path = directory.path_of(journal::format_name(name));
  auto file = directory.open(journal::format_name(name));
  if (!file) return file.error();
  const auto verdict = read_snapshot(**file, {});
  if (!verdict) return verdict.error();
  return std::visit(
      Overloaded{[&](const journal::SnapshotWhole& whole) -> Tried {
                   if (whole.header.index == name.index && whole.header.epoch == name.epoch) {
                     return std::optional(whole.header);
                   }
                   recovered.rejected.push_back(
                       {journal::format_name(name), path, "it is not the one its name says"});
                   return std::optional<journal::SnapshotHeader>();
                 },
                 [&](const journal::SnapshotDamaged& damaged) -> Tried {
                   recovered.rejected.push_back(
                       {journal::format_name(name), path,
                        damaged.why + " at offset " + std::to_string(damaged.offset)});
                   return std::optional<journal::SnapshotHeader>();
                 },
                 [&](const journal::SnapshotNewer& newer) -> Tried {
                   return Failure{FailureKind::newer_format, path + " is of format " +
                                                                 std::to_string(newer.version) +
                                                                 ", newer than this program"};
                 }},
      *verdict);
}

Result<void> read_newest_snapshot(Directory& directory, const journal::SnapshotSink& sink,
                                  Recovered& recovered) {
  for (const journal::SnapshotName& name : recovered.inventory.snapshots) {
    const auto tried = try_snapshot(directory, name, recovered);
    if (!tried) return tried.error();
    if (!*tried) continue;
    recovered.snapshot = **tried;
    auto file = directory.open(journal::format_name(name));
    if (!file) return file.error();
    const auto again = read_snapshot(**file, sink);
    if (!again) return again.error();
    if (std::holds_alternative<journal::SnapshotWhole>(*again)) return {};
    return Failure{FailureKind::damaged,
                   directory.path_of(journal::format_name(name)) + " changed while it was read"};
  }
  return {};
}

journal::SegmentNumber segment_of(const journal::Verdict& verdict) {
  return std::visit(Overloaded{[](const journal::Clean&) { return journal::SegmentNumber{}; },
                               [](const auto& found) { return found.segment; }},
                    verdict);
}

std::string path_of_segment(Directory& directory, const journal::Inventory& inventory,
                            journal::SegmentNumber number) {
  for (const journal::SegmentName& name : inventory.segments) {
    if (name.number == number) return directory.path_of(journal::format_name(name));
  }
  return directory.path_of("");
}

}  // namespace

Result<Recovered> recover(Directory& directory, const journal::Meta& meta,
                          const RecoverySink& sink) {
  const auto names = directory.list();
  if (!names) return names.error();
  Recovered recovered;
  recovered.inventory = journal::take_inventory(*names);
  if (const auto done = read_newest_snapshot(directory, sink.snapshot, recovered); !done) {
    return done.error();
  }
  const auto snapshot = recovered.snapshot.value_or(journal::SnapshotHeader{});
  recovered.known_durable = std::max(meta.durable, snapshot.durable);
  // One node alone made its snapshots of this very log, whatever epoch they name.
  const auto epoch = meta.cluster == 0 ? std::optional<Epoch>() : snapshot.epoch;
  journal::Replay replay({snapshot.index, recovered.known_durable, epoch}, sink.log);
  for (const auto& name : journal::segments_behind(recovered.inventory, snapshot.index)) {
    const auto loaded = load_segment(directory, journal::format_name(name));
    if (!loaded) return loaded.error();
    replay.segment({name, loaded->bytes, loaded->unreadable});
  }
  recovered.log = replay.finish();
  recovered.path =
      path_of_segment(directory, recovered.inventory, segment_of(recovered.log.verdict));
  return recovered;
}

}  // namespace pawl::storage

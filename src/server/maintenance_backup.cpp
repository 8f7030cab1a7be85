// SPDX-License-Identifier: Apache-2.0
//
// pawld backup and pawld restore. A backup is a snapshot file whose head is a META slot
// (journal/FORMAT.md): one file, checked to its last byte before it is believed.
#include <algorithm>
#include <filesystem>

#include "base/overloaded.hpp"
#include "journal/checksum.hpp"
#include "journal/meta.hpp"
#include "journal/snapshot.hpp"
#include "node/state_hash.hpp"
#include "server/maintenance.hpp"
#include "server/stored_state.hpp"
#include "storage/log.hpp"
#include "storage/meta_file.hpp"
#include "storage/posix_directory.hpp"
#include "storage/snapshot_file.hpp"

namespace pawl::server {
namespace {

namespace fs = std::filesystem;
using storage::Result;

struct Place {
  std::unique_ptr<storage::PosixDirectory> directory;
  std::string name;
};

Started<Place> place_of(const std::string& file) {
  const fs::path path(file);
  auto directory = storage::PosixDirectory::at(path.has_parent_path() ? path.parent_path() : ".");
  if (!directory) return start_failure(directory.error());
  return Place{std::move(*directory), path.filename().string()};
}

// As many bytes as the file has.
Stage stage_of(std::string what, storage::File& file) {
  const auto size = file.size();
  return {std::move(what), Unit::bytes, size ? *size : 0};
}

// Bytes of a backup: about a slice of the table at a time.
Result<void> write_backup(storage::File& file, const journal::Meta& meta, StoredState& state,
                          Progress& progress) {
  journal::SnapshotEncoder encoder;
  std::vector<std::byte> out;
  std::string slice;
  std::uint64_t offset = 0;
  encoder.begin({state.recovered.last, state.recovered.epoch, {}}, journal::encode_meta(meta), out);
  locks::LockTable& table = *state.recovered.table;
  table.begin_snapshot();
  for (bool last = false; !last;) {
    slice.clear();
    last = table.write_snapshot(slice, journal::max_chunk_bytes / 4);
    for (std::string_view rest = slice; !rest.empty();) {
      const std::string_view chunk = rest.substr(0, journal::max_chunk_bytes);
      encoder.chunk(std::as_bytes(std::span{chunk}), out);
      rest.remove_prefix(chunk.size());
    }
    if (last) encoder.finish(out);
    if (const auto done = file.write_at(offset, out); !done) return done.error();
    offset += out.size();
    progress.add(out.size());
    out.clear();
  }
  return file.sync();
}

// Under its name only when it is whole on the disk and reads back.
Result<void> store_backup(const Place& place, const journal::Meta& meta, StoredState& state,
                          Progress& progress) {
  const std::string temporary = place.name + std::string(journal::temporary_suffix);
  storage::Directory& directory = *place.directory;
  const auto write = [&]() -> Result<void> {
    auto file = directory.create(temporary);
    if (!file) return file.error();
    progress.begin({"writing " + directory.path_of(temporary), Unit::bytes, 0});
    if (const auto done = write_backup(**file, meta, state, progress); !done) return done.error();
    (*file)->forget_cached();
    progress.begin(stage_of("reading back " + directory.path_of(temporary), **file));
    const auto verdict = storage::read_snapshot(
        **file, {[](const journal::SnapshotHeader&, journal::Bytes) {},
                 [&progress](journal::Bytes chunk) { progress.add(chunk.size()); }});
    if (!verdict) return verdict.error();
    if (!std::holds_alternative<journal::SnapshotWhole>(*verdict)) {
      return storage::Failure{storage::FailureKind::io,
                              directory.path_of(temporary) + " does not read back as written"};
    }
    if (const auto done = directory.rename(temporary, place.name); !done) return done.error();
    return directory.sync();
  };
  const auto written = write();
  if (!written) static_cast<void>(directory.remove(temporary));  // the first failure tells more
  return written;
}

struct Backup {
  journal::Meta meta;
  journal::SnapshotHeader header;
  std::unique_ptr<locks::LockTable> table;
  std::uint64_t fingerprint = 0;
};

// The whole file is read and understood before anything is made of it.
Started<Backup> read_backup(const std::string& name, storage::File& file, Progress& progress) {
  progress.begin(stage_of("reading " + name, file));
  node::Recovery recovery(random_number());
  Backup backup;
  bool understood = true;
  std::vector<std::byte> head;
  const journal::SnapshotSink sink{
      [&](const journal::SnapshotHeader& header, journal::Bytes bytes) {
        backup.header = header;
        head.assign(bytes.begin(), bytes.end());
        backup.fingerprint = journal::checksum(bytes, header.index.value);
      },
      [&](journal::Bytes chunk) {
        progress.add(chunk.size());
        backup.fingerprint = journal::checksum(chunk, backup.fingerprint);
        understood = understood && recovery.feed_snapshot(
                                       {reinterpret_cast<const char*>(chunk.data()), chunk.size()});
      }};
  const auto verdict = storage::read_snapshot(file, sink);
  if (!verdict) return start_failure(verdict.error());
  if (const auto* damaged = std::get_if<journal::SnapshotDamaged>(&*verdict)) {
    return StartFailure{65, name + " is no backup, or damaged: at offset " +
                                std::to_string(damaged->offset) + ": " + damaged->why};
  }
  const auto meta = journal::decode_meta(head, {});
  if (std::holds_alternative<journal::SnapshotNewer>(*verdict) ||
      std::holds_alternative<journal::MetaNewer>(meta)) {
    return StartFailure{65, name + " is of a format newer than this program"};
  }
  const auto* known = std::get_if<journal::Meta>(&meta);
  if (known == nullptr) return StartFailure{65, name + " is a snapshot, not a backup"};
  if (!understood || !recovery.end_snapshot(backup.header.index, backup.header.epoch)) {
    return StartFailure{65, name + ": whole, but not of this version of pawld"};
  }
  backup.meta = *known;
  backup.table = recovery.take().table;
  return backup;
}

// All nodes of a restored cluster compare their state from the same beginning on.
Result<void> copy_snapshot(storage::Directory& files, const Backup& backup, storage::File& from,
                           const journal::Meta& meta, Progress& progress) {
  std::string head;
  if (meta.cluster != 0) head = node::StateHash{}.head();
  storage::SnapshotFile snapshot(files, {backup.header.index, backup.header.epoch, {}});
  if (const auto begun = snapshot.begin(journal::bytes_of(head)); !begun) return begun.error();
  Result<void> copied;
  const auto verdict =
      storage::read_snapshot(from, {[](const journal::SnapshotHeader&, journal::Bytes) {},
                                    [&](journal::Bytes chunk) {
                                      progress.add(chunk.size());
                                      if (copied) copied = snapshot.chunk(chunk);
                                    }});
  if (!verdict) return verdict.error();
  if (!copied) return copied.error();
  if (!std::holds_alternative<journal::SnapshotWhole>(*verdict)) {
    return storage::Failure{storage::FailureKind::damaged, "the backup changed while it was read"};
  }
  const auto whole = snapshot.finish();
  return whole ? Result<void>() : whole.error();
}

// As if it had been shut down in order, but for what was granted since the backup. A node alone,
// or one of a cluster that nobody has voted in: all of whose nodes come from this very backup, for
// its incarnation says which one.
Started<journal::Meta> meta_after(const Backup& backup, const Config& config) {
  journal::Meta meta = backup.meta;
  const auto ceiling = far_above(std::max(meta.token_ceiling, backup.table->last_granted()));
  if (!ceiling) return ceiling.error();
  meta.token_ceiling = *ceiling;
  // Whatever it was: its vote and the others' disks are of another life.
  const bool is_alone = config.core.cluster.nodes.empty();
  meta.cluster = is_alone ? 0 : journal::cluster_hash(config.cluster_id);
  meta.incarnation = is_alone ? 0 : backup.fingerprint & ~journal::promoted_half;
  meta.node = config.core.node;
  meta.disk = random_number();
  meta.blank = false;
  meta.promoted = false;
  meta.voted_for.clear();
  meta.bound.clear();
  meta.durable = {};
  meta.boot.clear();
  meta.clean = true;
  meta.recovering = false;
  meta.hold_grants = true;
  return meta;
}

// An empty log that goes on behind the snapshot: a snapshot without one is half a directory.
Result<void> begin_log(storage::Directory& files, const journal::SnapshotHeader& snapshot) {
  const auto prepared = storage::prepare_segment(files, journal::default_segment_bytes);
  if (!prepared) return prepared.error();
  journal::SegmentHeader header;
  header.number = journal::SegmentNumber{1};
  header.before.index = snapshot.index;
  header.before.record_epoch = snapshot.epoch;
  header.before.batch_epoch = snapshot.epoch;
  const auto log = storage::Log::begin(files, header, random_number());
  return log ? Result<void>() : log.error();
}

// META last: without it a start refuses what a crash left here.
Started<void> fill(storage::Directory& files, const Backup& backup, storage::File& from,
                   journal::Meta meta, Progress& progress) {
  if (backup.header.index.value != 0) {
    progress.begin(stage_of("writing " + files.path_of(""), from));
    if (auto done = copy_snapshot(files, backup, from, meta, progress); !done) {
      return start_failure(done.error());
    }
    if (auto done = begin_log(files, backup.header); !done) return start_failure(done.error());
  }
  storage::MetaFile meta_file(files);
  if (auto read = meta_file.write(meta); !read) return start_failure(read.error());
  return {};
}

Started<void> check_empty(const std::string& path) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (name == journal::lock_name) continue;
    return StartFailure{73, path + " is not empty (" + printable(name) +
                                "): a backup is restored into a new directory only; move this "
                                "one away first"};
  }
  return {};
}

}  // namespace

Exit back_up(const Config& config, const BackUp& task, Progress& progress) {
  std::error_code error;
  const fs::path parent = fs::absolute(task.file).parent_path();
  if (fs::equivalent(parent, config.data_dir, error)) {
    return failed({exit_usage, "a backup does not belong into the data directory itself"});
  }
  const auto place = place_of(task.file);
  if (!place) return failed(place.error());
  const auto directory = open_stopped(config.data_dir);
  if (!directory) return failed(directory.error());
  auto read = storage::MetaFile(directory->files()).read();
  if (!read) return failed(start_failure(read.error()));
  if (!*read) return failed({exit_no_input, config.data_dir + " is empty: nothing to back up"});
  journal::Meta meta = **read;
  auto state = read_stopped(*directory, meta, progress);
  if (!state) return failed(state.error());
  if (!journal::is_usable(state->found.log.verdict)) {
    return failed({65, state->found.path + ": " + journal::describe(state->found.log.verdict) +
                           "; a backup of it would hide the loss, see: pawld repair"});
  }
  const locks::LockTable& table = *state->recovered.table;
  meta.token_ceiling = std::max(meta.token_ceiling, table.last_granted());
  meta.longest_ttl = std::max(meta.longest_ttl, longest_ttl(table));
  meta.epoch = std::max(meta.epoch, state->recovered.epoch);
  std::string loss;
  if (meta.recovering) {
    loss =
        "this node lost records and has not got them back: a backup of a node that lost none, or "
        "of the one whose index is highest, knows more\n";
  }
  const std::string held = contents(table);
  const auto stored = store_backup(*place, meta, *state, progress);
  if (!stored) return failed(start_failure(stored.error()));
  return {0, loss + task.file + ": " + held + ", tokens up to " +
                 std::to_string(meta.token_ceiling.value) + ", index " +
                 std::to_string(state->recovered.last.value) + '\n'};
}

Exit restore(const Config& config, const Restore& task, Progress& progress) {
  const auto place = place_of(task.file);
  if (!place) return failed({exit_no_input, place.error().why});
  const auto file = place->directory->open(place->name);
  if (!file) return failed({exit_no_input, file.error().message});
  const auto backup = read_backup(task.file, **file, progress);
  if (!backup) return failed(backup.error());
  const bool is_alone = config.core.cluster.nodes.empty();
  if (!is_alone && backup->meta.cluster == journal::cluster_hash(config.cluster_id)) {
    return failed(
        {exit_bad_config,
         "the backup is of this very cluster, and its nodes may come back: to replace one "
         "of them empty its data_dir, it gets everything from the others; if they are "
         "lost, give cluster.id a new name and restore the backup on every node"});
  }
  const auto meta = meta_after(*backup, config);
  if (!meta) return failed(meta.error());
  if (const auto empty = check_empty(config.data_dir); !empty) return failed(empty.error());
  const auto directory = storage::DataDirectory::open(config.data_dir);
  if (!directory) return failed(start_failure(directory.error()));
  const auto filled = fill(directory->files(), *backup, **file, *meta, progress);
  if (!filled) return failed(filled.error());
  return {0, config.data_dir + ": " + contents(*backup->table) + "; tokens go on above " +
                 std::to_string(meta->token_ceiling.value) +
                 ", and after the next start new grants wait " +
                 format_duration(config.core.leases.restart_grace.value_or(meta->longest_ttl)) +
                 ": what was granted since the backup is not known here\n" +
                 (is_alone ? "" : "restore the same file on every node, then start them\n")};
}

}  // namespace pawl::server

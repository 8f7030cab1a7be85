// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot_file.hpp"

#include <utility>

#include "base/mutant.hpp"
#include "journal/retention.hpp"

namespace pawl::storage {
namespace {

constexpr std::uint64_t flush_after = std::uint64_t{1} << 20;

journal::SnapshotSink completed(journal::SnapshotSink sink) {
  if (!sink.head) sink.head = [](const journal::SnapshotHeader&, Bytes) {};
  if (!sink.chunk) sink.chunk = [](Bytes) {};
  return sink;
}

}  // namespace

SnapshotFile::SnapshotFile(Directory& directory, journal::SnapshotHeader header,
                           std::string temporary)
    : directory_(directory),
      header_(header),
      name_(journal::format_name(journal::SnapshotName{header.index, header.epoch})),
      temporary_(std::move(temporary)) {
  if (temporary_.empty()) temporary_ = name_ + std::string(journal::temporary_suffix);
}

Result<void> SnapshotFile::write_out() {
  if (const auto done = file_->write_at(offset_, buffer_); !done) return done.error();
  offset_ += buffer_.size();
  buffer_.clear();
  // Little by little: a flush of the whole file at once would hold up those of the log.
  if (offset_ - flushed_ < flush_after) return {};
  flushed_ = offset_;
  return file_->sync();
}

Result<void> SnapshotFile::begin(Bytes head) {
  auto file = directory_.create(temporary_);
  if (!file) return file.error();
  file_ = std::move(*file);
  encoder_.begin(header_, head, buffer_);
  return {};
}

Result<void> SnapshotFile::chunk(Bytes payload) {
  encoder_.chunk(payload, buffer_);
  if (buffer_.size() < journal::max_chunk_bytes) return {};
  return write_out();
}

Result<journal::SnapshotWhole> SnapshotFile::finish() {
  if (const auto done = write_end(); !done) return done.error();
  while (true) {
    const auto whole = read_back_piece();
    if (!whole) return whole.error();
    if (*whole) return **whole;
  }
}

Result<void> SnapshotFile::write_end() {
  encoder_.finish(buffer_);
  if (const auto done = write_out(); !done) return done.error();
  const bool flushes = !is_mutant(Mutant::snapshot_without_fsync);
  if (const auto done = flushes ? file_->sync() : Result<void>(); !done) return done.error();
  file_->forget_cached();
  scan_ = std::make_unique<SnapshotScan>(*file_, journal::SnapshotSink{});
  return {};
}

Result<std::optional<journal::SnapshotWhole>> SnapshotFile::read_back_piece() {
  const auto verdict = scan_->read_piece();
  if (!verdict) return verdict.error();
  if (!*verdict) return std::optional<journal::SnapshotWhole>();
  const auto whole = take_name(**verdict);
  if (!whole) return whole.error();
  return std::optional(*whole);
}

Result<journal::SnapshotWhole> SnapshotFile::take_name(const journal::SnapshotVerdict& verdict) {
  const auto* whole = std::get_if<journal::SnapshotWhole>(&verdict);
  if (whole == nullptr || whole->header != header_ || whole->bytes != offset_) {
    return Failure{FailureKind::damaged,
                   directory_.path_of(temporary_) + " does not read back as it was written"};
  }
  if (const auto done = directory_.rename(temporary_, name_); !done) return done.error();
  if (const auto done = directory_.sync(); !done) return done.error();
  return *whole;
}

Result<void> SnapshotFile::abandon() {
  if (file_ == nullptr) return {};
  scan_.reset();
  file_.reset();
  return directory_.remove(temporary_);
}

SnapshotScan::SnapshotScan(File& file, journal::SnapshotSink sink)
    : file_(file), decoder_(completed(std::move(sink))), piece_(2 * journal::max_chunk_bytes) {}

Result<std::optional<journal::SnapshotVerdict>> SnapshotScan::read_piece() {
  using Verdict = std::optional<journal::SnapshotVerdict>;
  const auto read = file_.read_at(offset_, piece_);
  if (!read && read.error().kind == FailureKind::io) {
    return Verdict(journal::SnapshotDamaged{offset_, "the disk reports a read error"});
  }
  if (!read) return read.error();
  offset_ += *read;
  const bool more = decoder_.feed(Bytes(piece_).first(*read)) && *read == piece_.size();
  return more ? Verdict() : Verdict(decoder_.finish());
}

Result<journal::SnapshotVerdict> read_snapshot(File& file, const journal::SnapshotSink& sink) {
  SnapshotScan scan(file, sink);
  while (true) {
    auto verdict = scan.read_piece();
    if (!verdict) return verdict.error();
    if (*verdict) return std::move(**verdict);
  }
}

Result<void> delete_superseded(Directory& directory) {
  const auto names = directory.list();
  if (!names) return names.error();
  const auto superseded = journal::superseded(journal::take_inventory(*names));
  for (const std::string& name : superseded) {
    if (const auto done = directory.remove(name); !done) return done.error();
  }
  return superseded.empty() ? Result<void>() : directory.sync();
}

}  // namespace pawl::storage

// SPDX-License-Identifier: Apache-2.0
#include "storage/log.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/mutant.hpp"
#include "journal/checksum.hpp"
#include "journal/names.hpp"

namespace pawl::storage {
namespace {

const std::string next_name(journal::next_segment_name);

Result<void> fill_with_zeros(File& file, std::uint64_t bytes) {
  const std::vector<std::byte> zeros(std::size_t{256} * 1024);
  for (std::uint64_t at = 0; at < bytes; at += zeros.size()) {
    const std::uint64_t size = std::min<std::uint64_t>(zeros.size(), bytes - at);
    if (const auto done = file.write_at(at, Bytes(zeros).first(size)); !done) return done.error();
  }
  return file.sync();
}

}  // namespace

Result<void> make_zero_file(Directory& directory, const std::string& name, std::uint64_t bytes) {
  auto file = directory.create(name);
  if (!file) return file.error();
  if (const auto filled = fill_with_zeros(**file, bytes); !filled) {
    if (filled.error().kind == FailureKind::no_space) {
      if (const auto removed = directory.remove(name); !removed) return removed.error();
    }
    return filled.error();
  }
  return directory.sync();
}

Result<void> prepare_segment(Directory& directory, std::uint64_t bytes) {
  return make_zero_file(directory, next_name, bytes);
}

Result<Log> Log::begin(Directory& directory, journal::SegmentHeader header,
                       std::uint64_t salt_seed) {
  Log log(directory, salt_seed);
  if (const auto done = log.adopt(header); !done) return done.error();
  return log;
}

Result<Log> Log::resume(Directory& directory, const journal::ReplayResult& replayed,
                        const journal::SegmentName& name, std::uint64_t salt_seed) {
  auto file = directory.open(journal::format_name(name));
  if (!file) return file.error();
  Log log(directory, salt_seed);
  log.file_ = std::move(*file);
  log.salt_ = replayed.salt;
  log.offset_ = replayed.offset;
  log.capacity_ = replayed.capacity;
  log.number_ = replayed.segment;
  log.end_ = replayed.end;
  log.durable_ = replayed.end.sequence;
  return log;
}

Result<void> Log::adopt(journal::SegmentHeader header) {
  header.salt = journal::mix(salt_seed_ ^ journal::mix(header.number.value));
  const journal::SegmentName name{header.number, LogIndex{header.before.index.value + 1}};
  auto file = directory_->open(next_name);
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  header.capacity = *size;

  std::vector<std::byte> bytes(journal::segment_header_bytes);
  journal::encode_segment_header(header, bytes);
  if (const auto done = (*file)->write_at(0, bytes); !done) return done.error();
  if (const auto done = (*file)->sync(); !done) return done.error();
  if (const auto done = directory_->rename(next_name, journal::format_name(name)); !done) {
    return done.error();
  }
  if (const auto done = directory_->sync(); !done) return done.error();

  file_ = std::move(*file);
  salt_ = header.salt;
  offset_ = journal::segment_header_bytes;
  capacity_ = header.capacity;
  number_ = header.number;
  end_ = header.before;
  durable_ = header.before.sequence;
  return {};
}

Result<void> Log::rotate() { return begin_next(end_); }

Result<void> Log::restart_behind(LogIndex index, Epoch epoch) {
  journal::LogEnd before = end_;
  before.index = index;
  before.record_epoch = epoch;
  before.batch_epoch = std::max(before.batch_epoch, epoch);
  return begin_next(before);
}

Result<void> Log::begin_next(const journal::LogEnd& before) {
  // The next segment's existence is the proof that this one was flushed.
  if (durable_ != end_.sequence) {
    if (const auto done = sync(); !done) return done.error();
  }
  journal::SegmentHeader header;
  header.number = journal::SegmentNumber{number_.value + 1};
  header.before = before;
  return adopt(header);
}

Result<void> Log::write(journal::BatchWriter& batch) {
  ensure(has_room(batch.sealed_bytes()));
  const Bytes bytes = batch.seal(salt_, durable_, end_);
  auto done = file_->write_at(offset_, bytes);
  offset_ += bytes.size();
  batch.clear();
  return done;
}

Result<void> Log::sync() {
  const bool flushes = !is_mutant(Mutant::reply_before_fdatasync);
  if (const auto done = flushes ? file_->sync() : Result<void>(); !done) return done.error();
  durable_ = end_.sequence;
  return {};
}

}  // namespace pawl::storage

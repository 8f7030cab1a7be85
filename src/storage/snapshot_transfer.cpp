// SPDX-License-Identifier: Apache-2.0
#include "storage/snapshot_transfer.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "journal/retention.hpp"

namespace pawl::storage {
namespace {

const std::string incoming_name("incoming-snapshot.tmp");

}  // namespace

Result<bool> SnapshotSource::open_newest(Open& open) {
  const auto names = directory_.list();
  if (!names) return names.error();
  const journal::Inventory inventory = journal::take_inventory(*names);
  if (inventory.snapshots.empty()) return false;
  open.name = inventory.snapshots.front();
  auto file = directory_.open(journal::format_name(open.name));
  if (!file) return file.error();
  const auto size = (*file)->size();
  if (!size) return size.error();
  open.file = std::move(*file);
  open.size = *size;
  return true;
}

Result<std::optional<SnapshotPart>> SnapshotSource::read(std::uint8_t reader,
                                                         journal::SnapshotName upto,
                                                         std::uint64_t offset) {
  Open& open = open_[reader];
  const bool goes_on = open.file != nullptr && open.name == upto && offset < open.size;
  if (!goes_on) offset = 0;
  if (offset == 0) {
    const auto opened = open_newest(open);
    if (!opened) return opened.error();
    if (!*opened) return std::optional<SnapshotPart>();
  }
  SnapshotPart part{open.name, offset, false, {}};
  part.bytes.resize(std::min<std::uint64_t>(max_part_bytes, open.size - offset));
  const auto read = open.file->read_at(offset, std::as_writable_bytes(std::span(part.bytes)));
  if (!read) return read.error();
  part.bytes.resize(*read);
  part.last = offset + *read == open.size;
  return std::optional(std::move(part));
}

void IncomingSnapshot::abandon() {
  decoder_.reset();
  if (!file_) return;
  // What cannot be deleted is a leftover, for the next start.
  static_cast<void>(file_->abandon());
  file_.reset();
}

void IncomingSnapshot::begin(journal::SnapshotName upto) {
  abandon();
  upto_ = upto;
  offset_ = 0;
  is_other_ = false;
  written_ = {};
  // Known durable: of the sender's log, nothing here.
  file_.emplace(directory_, journal::SnapshotHeader{upto.index, upto.epoch, {}}, incoming_name);
  decoder_.emplace(journal::SnapshotSink{[this](const journal::SnapshotHeader& header, Bytes head) {
                                           is_other_ = header.index != upto_.index ||
                                                       header.epoch != upto_.epoch;
                                           written_ = file_->begin(head);
                                         },
                                         [this](Bytes chunk) {
                                           if (written_) written_ = file_->chunk(chunk);
                                         }});
}

Result<IncomingSnapshot::Taken> IncomingSnapshot::feed(const SnapshotPart& part) {
  const bool sound = decoder_->feed(journal::bytes_of(part.bytes));
  if (!written_) return written_.error();
  if (!sound || is_other_) return Taken::refused;
  offset_ += part.bytes.size();
  if (!part.last) return Taken::part;
  if (!std::holds_alternative<journal::SnapshotWhole>(decoder_->finish())) return Taken::refused;
  if (const auto done = file_->write_end(); !done) return done.error();
  return Taken::all;
}

Result<IncomingSnapshot::Taken> IncomingSnapshot::take(const SnapshotPart& part) {
  if (part.offset == 0) begin(part.upto);
  const bool follows = decoder_ && part.upto == upto_ && part.offset == offset_;
  const auto taken = follows ? feed(part) : Result<Taken>(Taken::refused);
  if (!taken || *taken == Taken::refused) abandon();
  return taken;
}

}  // namespace pawl::storage

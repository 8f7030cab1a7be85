// SPDX-License-Identifier: Apache-2.0
#include "storage/meta_file.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/mutant.hpp"
#include "base/overloaded.hpp"
#include "journal/retention.hpp"

namespace pawl::storage {
namespace {

const std::string name(journal::meta_name);

// An unreadable or short slot is empty: journal decides what that means.
std::vector<std::byte> read_slot(File& file, std::uint64_t offset) {
  std::vector<std::byte> slot(journal::meta_slot_bytes);
  const auto read = file.read_at(offset, slot);
  if (!read || *read != slot.size()) slot.clear();
  return slot;
}

bool holds_data(const std::vector<std::string>& names) {
  const journal::Inventory inventory = journal::take_inventory(names);
  return !inventory.segments.empty() || !inventory.snapshots.empty();
}

}  // namespace

Result<std::optional<journal::Meta>> MetaFile::read() {
  auto file = directory_.open(name);
  if (!file) {
    if (file.error().kind != FailureKind::missing) return file.error();
    const auto names = directory_.list();
    if (!names) return names.error();
    if (!holds_data(*names)) return std::optional<journal::Meta>();
    return Failure{FailureKind::damaged,
                   directory_.path_of(name) +
                       " is missing beside a log or snapshots: this is no new directory"};
  }
  const auto first = read_slot(**file, journal::meta_slot_offsets[0]);
  const auto second = read_slot(**file, journal::meta_slot_offsets[1]);
  using Read = Result<std::optional<journal::Meta>>;
  return std::visit(
      Overloaded{[&](const journal::Meta& meta) -> Read {
                   file_ = std::move(*file);
                   generation_ = meta.generation;
                   return std::optional(meta);
                 },
                 [&](const journal::MetaNewer& newer) -> Read {
                   return Failure{FailureKind::newer_format,
                                  directory_.path_of(name) + " is of format " +
                                      std::to_string(newer.version) + ", newer than this program"};
                 },
                 [&](const journal::MetaDamaged&) -> Read {
                   return Failure{
                       FailureKind::damaged,
                       directory_.path_of(name) + " is damaged in both slots: restore a backup"};
                 }},
      journal::decode_meta(first, second));
}

Result<void> MetaFile::write(journal::Meta& meta) {
  meta.generation = ++generation_;
  const journal::MetaSlot slot = journal::encode_meta(meta);
  if (file_ == nullptr) return create(slot);
  for (const std::uint64_t offset : journal::meta_slot_offsets) {
    if (const auto done = file_->write_at(offset, slot); !done) return done.error();
    if (is_mutant(Mutant::ceiling_not_durable)) continue;
    if (const auto done = file_->sync(); !done) return done.error();
  }
  return {};
}

Result<void> MetaFile::create(const journal::MetaSlot& slot) {
  const std::string temporary = name + std::string(journal::temporary_suffix);
  std::vector<std::byte> both(journal::meta_file_bytes);
  for (const std::uint64_t offset : journal::meta_slot_offsets) {
    std::copy(slot.begin(), slot.end(), both.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  auto file = directory_.create(temporary);
  if (!file) return file.error();
  if (const auto done = (*file)->write_at(0, both); !done) return done.error();
  if (const auto done = (*file)->sync(); !done) return done.error();
  if (const auto done = directory_.rename(temporary, name); !done) return done.error();
  file_ = std::move(*file);
  return directory_.sync();
}

}  // namespace pawl::storage

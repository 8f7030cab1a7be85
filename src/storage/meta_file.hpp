// SPDX-License-Identifier: Apache-2.0
//
// META on the disk. Every change is written to both slots, each flushed, before it counts; after a
// failure nothing more may be written and the process ends. Not thread-safe; blocks: run it on the
// background worker.
#pragma once

#include <optional>

#include "journal/meta.hpp"
#include "storage/file.hpp"

namespace pawl::storage {

class MetaFile {
 public:
  explicit MetaFile(Directory& directory) : directory_(directory) {}

  // nullopt: the directory is new. One that holds a log or snapshots but no META is damaged.
  [[nodiscard]] Result<std::optional<journal::Meta>> read();

  // Sets meta.generation. When it returns, the change is durable.
  [[nodiscard]] Result<void> write(journal::Meta& meta);

 private:
  [[nodiscard]] Result<void> create(const journal::MetaSlot& slot);

  Directory& directory_;
  std::unique_ptr<File> file_;
  std::uint64_t generation_ = 0;
};

}  // namespace pawl::storage

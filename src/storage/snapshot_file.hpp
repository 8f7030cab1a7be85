// SPDX-License-Identifier: Apache-2.0
//
// Snapshots as files. One gets its name only when it is whole, flushed, and has been read back.
// Blocks; decides nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/snapshot.hpp"
#include "storage/file.hpp"

namespace pawl::storage {

// begin, chunk…, finish; after a failure, or to give up, abandon.
class SnapshotFile {
 public:
  SnapshotFile(Directory& directory, journal::SnapshotHeader header);

  [[nodiscard]] Result<void> begin(Bytes head);
  [[nodiscard]] Result<void> chunk(Bytes payload);
  [[nodiscard]] Result<journal::SnapshotWhole> finish();
  [[nodiscard]] Result<void> abandon();

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  [[nodiscard]] Result<void> write_out();

  Directory& directory_;
  journal::SnapshotHeader header_;
  std::string name_;
  std::string temporary_;
  std::unique_ptr<File> file_;
  journal::SnapshotEncoder encoder_;
  std::vector<std::byte> buffer_;
  std::uint64_t offset_ = 0;
  std::uint64_t flushed_ = 0;  // up to here
};

// A read error is damage like any other. The sink may stay empty: then it is only verified.
[[nodiscard]] Result<journal::SnapshotVerdict> read_snapshot(File& file,
                                                             const journal::SnapshotSink& sink);

// Deletes what two newer snapshots made superfluous.
[[nodiscard]] Result<void> delete_superseded(Directory& directory);

}  // namespace pawl::storage

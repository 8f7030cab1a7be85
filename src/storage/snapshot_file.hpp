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

// Reads a snapshot piece by piece; the sink may stay empty.
class SnapshotScan {
 public:
  SnapshotScan(File& file, journal::SnapshotSink sink);

  // Nothing while there is more to read. A read error is damage like any other.
  [[nodiscard]] Result<std::optional<journal::SnapshotVerdict>> read_piece();

 private:
  File& file_;
  journal::SnapshotDecoder decoder_;
  std::vector<std::byte> piece_;
  std::uint64_t offset_ = 0;
};

// begin, chunk…, finish; after a failure, or to give up, abandon. Who must not block for long
// writes the end and reads back piece by piece instead of finish.
class SnapshotFile {
 public:
  // `temporary`: its name until it is whole; empty: made of the one it gets.
  SnapshotFile(Directory& directory, journal::SnapshotHeader header, std::string temporary = {});

  [[nodiscard]] Result<void> begin(Bytes head);
  [[nodiscard]] Result<void> chunk(Bytes payload);
  [[nodiscard]] Result<journal::SnapshotWhole> finish();
  [[nodiscard]] Result<void> write_end();
  // Nothing while there is more to read back; then the snapshot has its name.
  [[nodiscard]] Result<std::optional<journal::SnapshotWhole>> read_back_piece();
  [[nodiscard]] Result<void> abandon();

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  [[nodiscard]] Result<void> write_out();
  [[nodiscard]] Result<journal::SnapshotWhole> take_name(const journal::SnapshotVerdict& verdict);

  Directory& directory_;
  journal::SnapshotHeader header_;
  std::string name_;
  std::string temporary_;
  std::unique_ptr<File> file_;
  journal::SnapshotEncoder encoder_;
  std::vector<std::byte> buffer_;
  std::uint64_t offset_ = 0;
  std::uint64_t flushed_ = 0;  // up to here
  std::unique_ptr<SnapshotScan> scan_;
};

// A read error is damage like any other. The sink may stay empty: then it is only verified.
[[nodiscard]] Result<journal::SnapshotVerdict> read_snapshot(File& file,
                                                             const journal::SnapshotSink& sink);

// Deletes what two newer snapshots made superfluous.
[[nodiscard]] Result<void> delete_superseded(Directory& directory);

}  // namespace pawl::storage

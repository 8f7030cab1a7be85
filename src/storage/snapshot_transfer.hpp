// SPDX-License-Identifier: Apache-2.0
//
// Snapshots on their way between nodes, as the bytes of their files. Blocks; decides nothing; run
// on the background worker. What comes in is checked piece by piece and written anew, for it names
// a place in the sender's log; it gets its name only when it is whole on this disk.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "storage/snapshot_file.hpp"

namespace pawl::storage {

inline constexpr std::size_t max_part_bytes = std::size_t{512} * 1024;

struct SnapshotPart {
  journal::SnapshotName upto;
  std::uint64_t offset = 0;
  bool last = false;
  std::string bytes;
};

// For each reader the file it is given is held open: that it is deleted meanwhile does not matter.
class SnapshotSource {
 public:
  explicit SnapshotSource(Directory& directory) : directory_(directory) {}

  // The part of this snapshot at this offset. Offset 0, or that snapshot is gone: the newest one,
  // from its beginning. Nothing: there is none.
  [[nodiscard]] Result<std::optional<SnapshotPart>> read(std::uint8_t reader,
                                                         journal::SnapshotName upto,
                                                         std::uint64_t offset);

 private:
  struct Open {
    journal::SnapshotName name;
    std::unique_ptr<File> file;
    std::uint64_t size = 0;
  };
  [[nodiscard]] Result<bool> open_newest(Open& open);

  Directory& directory_;
  std::map<std::uint8_t, Open> open_;
};

class IncomingSnapshot {
 public:
  explicit IncomingSnapshot(Directory& directory) : directory_(directory) {}

  enum class Taken : std::uint8_t {
    refused,  // no part of a good snapshot, or not the next one
    part,
    all,  // the last one: read it back, piece by piece, until it has its name
  };
  // Offset 0 begins anew. After a failure, too, the next one must be of offset 0.
  [[nodiscard]] Result<Taken> take(const SnapshotPart& part);
  // Nothing while there is more to read back; then the snapshot has its name.
  [[nodiscard]] Result<std::optional<journal::SnapshotWhole>> read_back_piece() {
    return file_->read_back_piece();
  }
  void abandon();

 private:
  void begin(journal::SnapshotName upto);
  [[nodiscard]] Result<Taken> feed(const SnapshotPart& part);

  Directory& directory_;
  journal::SnapshotName upto_;
  std::uint64_t offset_ = 0;
  std::optional<SnapshotFile> file_;
  std::optional<journal::SnapshotDecoder> decoder_;
  bool is_other_ = false;  // not the one it should be
  Result<void> written_;
};

}  // namespace pawl::storage

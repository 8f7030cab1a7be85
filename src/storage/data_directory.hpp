// SPDX-License-Identifier: Apache-2.0
//
// A data directory in use by this process and no other. Made for its owner alone; one that others
// may write to is refused, for whoever writes there can grant every lock.
#pragma once

#include <filesystem>
#include <memory>

#include "storage/posix_directory.hpp"

namespace pawl::storage {

class DataDirectory {
 public:
  // Creates the directory, not its parents, if it is missing. Failure `held` names the process.
  [[nodiscard]] static Result<DataDirectory> open(const std::filesystem::path& path);

  [[nodiscard]] Directory& files() const { return *files_; }

 private:
  DataDirectory(std::unique_ptr<PosixDirectory> files, Descriptor lock)
      : files_(std::move(files)), lock_(std::move(lock)) {}

  std::unique_ptr<PosixDirectory> files_;
  Descriptor lock_;  // the system drops the lock with the descriptor, however the process ends
};

}  // namespace pawl::storage

// SPDX-License-Identifier: Apache-2.0
//
// The few things pawl asks of a file system, so that the simulated disk of the tests can stand in
// for the real one. What is written counts after File::sync, a name after Directory::sync.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "journal/bytes.hpp"
#include "storage/failure.hpp"

namespace pawl::storage {

using journal::Bytes;
using journal::MutableBytes;

class File {
 public:
  virtual ~File() = default;

  [[nodiscard]] virtual Result<void> write_at(std::uint64_t offset, Bytes bytes) = 0;
  // Fewer than asked for only at the end of the file.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) = 0;
  [[nodiscard]] virtual Result<void> sync() = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  // What is read next comes from the disk, not from memory, as far as the system lets us ask.
  virtual void forget_cached() {}
};

class Directory {
 public:
  virtual ~Directory() = default;

  [[nodiscard]] virtual Result<std::unique_ptr<File>> create(const std::string& name) = 0;  // empty
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& name) = 0;
  [[nodiscard]] virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& name) = 0;
  [[nodiscard]] virtual Result<void> sync() = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> list() = 0;
  [[nodiscard]] virtual Result<std::uint64_t> free_bytes() = 0;
  // Is it still what its path names?
  [[nodiscard]] virtual Result<void> check() = 0;
  [[nodiscard]] virtual std::string path_of(const std::string& name) const = 0;
};

}  // namespace pawl::storage

// SPDX-License-Identifier: Apache-2.0
//
// The real file system. The directory is held open and every name is looked up in it, so that a
// directory moved in its place is not written to unnoticed. Thread-safe as the system calls are.
#pragma once

#include <filesystem>

#include "storage/file.hpp"

namespace pawl::storage {

// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

// "cannot <what> <path>: <reason>", of the kind that errno calls for.
[[nodiscard]] Failure system_failure(const char* what, const std::string& path, int error);

class PosixDirectory final : public Directory {
 public:
  [[nodiscard]] static Result<std::unique_ptr<PosixDirectory>> at(
      const std::filesystem::path& path);

  Result<std::unique_ptr<File>> create(const std::string& name) override;
  Result<std::unique_ptr<File>> open(const std::string& name) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& name) override;
  Result<void> sync() override;
  Result<std::vector<std::string>> list() override;
  Result<std::uint64_t> free_bytes() override;
  Result<void> check() override;
  [[nodiscard]] std::string path_of(const std::string& name) const override;

  [[nodiscard]] int descriptor() const { return descriptor_.get(); }

 private:
  PosixDirectory(std::filesystem::path path, Descriptor descriptor);
  Result<std::unique_ptr<File>> open_with(const std::string& name, int flags);

  std::filesystem::path path_;
  Descriptor descriptor_;
};

}  // namespace pawl::storage

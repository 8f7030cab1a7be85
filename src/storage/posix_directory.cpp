// SPDX-License-Identifier: Apache-2.0
#include "storage/posix_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace pawl::storage {
namespace {

constexpr mode_t owner_only = 0600;

class PosixFile final : public File {
 public:
  PosixFile(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

  Result<void> write_at(std::uint64_t offset, Bytes bytes) override {
    while (!bytes.empty()) {
      const ssize_t written =
          ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_failure("write", path_, errno);
      if (written == 0) return system_failure("write", path_, ENOSPC);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) override {
    std::size_t total = 0;
    while (total < out.size()) {
      const ssize_t read = ::pread(descriptor_.get(), out.data() + total, out.size() - total,
                                   static_cast<off_t>(offset + total));
      if (read < 0 && errno == EINTR) continue;
      if (read < 0) return system_failure("read", path_, errno);
      if (read == 0) break;
      total += static_cast<std::size_t>(read);
    }
    return total;
  }

  Result<void> sync() override {
    if (::fdatasync(descriptor_.get()) == 0) return {};
    Failure failure = system_failure("flush", path_, errno);
    failure.kind = FailureKind::sync;
    return failure;
  }

  Result<std::uint64_t> size() override {
    struct stat status {};
    if (::fstat(descriptor_.get(), &status) != 0) return system_failure("examine", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

  void forget_cached() override {
    static_cast<void>(::posix_fadvise(descriptor_.get(), 0, 0, POSIX_FADV_DONTNEED));
  }

 private:
  std::string path_;
  Descriptor descriptor_;
};

FailureKind kind_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return FailureKind::no_space;
    case ENOENT:
    case ENOTDIR: return FailureKind::missing;
    case EACCES:
    case EPERM:
    case EROFS: return FailureKind::permissions;
    default: return FailureKind::io;
  }
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Failure system_failure(const char* what, const std::string& path, int error) {
  return {kind_of(error), std::string("cannot ") + what + ' ' + path + ": " +
                              std::generic_category().message(error)};
}

PosixDirectory::PosixDirectory(std::filesystem::path path, Descriptor descriptor)
    : path_(std::move(path)), descriptor_(std::move(descriptor)) {}

Result<std::unique_ptr<PosixDirectory>> PosixDirectory::at(const std::filesystem::path& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return system_failure("open", path.string(), errno);
  return std::unique_ptr<PosixDirectory>(new PosixDirectory(path, std::move(descriptor)));
}

Result<std::unique_ptr<File>> PosixDirectory::open_with(const std::string& name, int flags) {
  Descriptor file(::openat(descriptor_.get(), name.c_str(), flags | O_CLOEXEC, owner_only));
  if (!file) return system_failure("open", path_of(name), errno);
  return std::unique_ptr<File>(std::make_unique<PosixFile>(path_of(name), std::move(file)));
}

Result<std::unique_ptr<File>> PosixDirectory::create(const std::string& name) {
  return open_with(name, O_RDWR | O_CREAT | O_TRUNC);
}

Result<std::unique_ptr<File>> PosixDirectory::open(const std::string& name) {
  return open_with(name, O_RDWR);
}

Result<void> PosixDirectory::rename(const std::string& from, const std::string& to) {
  if (::renameat(descriptor_.get(), from.c_str(), descriptor_.get(), to.c_str()) == 0) return {};
  return system_failure("rename", path_of(from), errno);
}

Result<void> PosixDirectory::remove(const std::string& name) {
  if (::unlinkat(descriptor_.get(), name.c_str(), 0) == 0) return {};
  return system_failure("delete", path_of(name), errno);
}

Result<void> PosixDirectory::sync() {
  if (::fsync(descriptor_.get()) == 0) return {};
  Failure failure = system_failure("flush", path_.string(), errno);
  failure.kind = FailureKind::sync;
  return failure;
}

Result<std::vector<std::string>> PosixDirectory::list() {
  Descriptor again(::openat(descriptor_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return system_failure("list", path_.string(), errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(::dup(again.get())), &::closedir);
  if (stream == nullptr) return system_failure("list", path_.string(), errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe)
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) return system_failure("list", path_.string(), errno);
  return names;
}

Result<std::uint64_t> PosixDirectory::free_bytes() {
  struct statvfs status {};
  if (::fstatvfs(descriptor_.get(), &status) != 0) {
    return system_failure("examine", path_.string(), errno);
  }
  return std::uint64_t{status.f_bavail} * std::uint64_t{status.f_frsize};
}

Result<void> PosixDirectory::check() {
  struct stat held {};
  struct stat named {};
  if (::fstat(descriptor_.get(), &held) != 0 || ::stat(path_.c_str(), &named) != 0) {
    return system_failure("find", path_.string(), errno);
  }
  if (held.st_dev != named.st_dev || held.st_ino != named.st_ino) {
    return Failure{FailureKind::missing, path_.string() +
                                             " is no longer the directory in use: "
                                             "it was moved or replaced"};
  }
  return {};
}

std::string PosixDirectory::path_of(const std::string& name) const {
  return (name.empty() ? path_ : path_ / name).string();
}

}  // namespace pawl::storage

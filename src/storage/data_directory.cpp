// SPDX-License-Identifier: Apache-2.0
#include "storage/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "journal/names.hpp"

namespace pawl::storage {
namespace {

Result<void> make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno == EEXIST) return {};
    return system_failure("create", path.string(), errno);
  }
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  const auto above = PosixDirectory::at(parent);
  if (!above) return above.error();
  return (*above)->sync();
}

Result<void> check_permissions(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return system_failure("examine", path.string(), errno);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return Failure{FailureKind::permissions, path.string() +
                                               " may be written to by others than its owner: "
                                               "chmod 700 " +
                                               path.string()};
}

std::string holder_of(int lock) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(lock, text.data(), text.size(), 0);
  std::string digits;
  for (ssize_t i = 0; i < size; ++i) {
    const char c = text.at(static_cast<std::size_t>(i));
    if (c < '0' || c > '9') break;
    digits += c;
  }
  return digits.empty() ? "another process" : "process " + digits;
}

Result<Descriptor> take_lock(const PosixDirectory& files, const std::string& path) {
  const std::string name(journal::lock_name);
  Descriptor lock(::openat(files.descriptor(), name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return system_failure("open", files.path_of(name), errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_failure("lock", files.path_of(name), errno);
    return Failure{FailureKind::held, path + " is in use by " + holder_of(lock.get())};
  }
  const std::string process = std::to_string(::getpid()) + '\n';
  if (::ftruncate(lock.get(), 0) != 0 ||
      ::pwrite(lock.get(), process.data(), process.size(), 0) < 0) {
    return system_failure("write", files.path_of(name), errno);
  }
  return lock;
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const std::filesystem::path& path) {
  if (const auto made = make_directory(path); !made) return made.error();
  auto files = PosixDirectory::at(path);
  if (!files) return files.error();
  if (const auto allowed = check_permissions((*files)->descriptor(), path); !allowed) {
    return allowed.error();
  }
  auto lock = take_lock(**files, path.string());
  if (!lock) return lock.error();
  return DataDirectory(std::move(*files), std::move(*lock));
}

}  // namespace pawl::storage

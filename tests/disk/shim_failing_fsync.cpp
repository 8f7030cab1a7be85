// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into pawld: while the file named by FAIL_FSYNC_IF exists, every flush fails as on a
// dying disk, and what was written stays in memory, as after a real failure. While the file named
// by SLOW_FSYNC_IF exists, every flush takes SLOW_FSYNC_MS longer. While the file named by
// READ_ONLY_IF exists nothing can be written, as when the kernel has seen a file system in disorder
// and takes no more writes for it.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

bool is_there(const char* variable) {
  const char* const trigger = std::getenv(variable);
  return trigger != nullptr && ::access(trigger, F_OK) == 0;
}

int flush(long call, int file) {
  if (is_there("FAIL_FSYNC_IF")) {
    errno = EIO;
    return -1;
  }
  if (is_there("SLOW_FSYNC_IF")) {
    const char* const text = std::getenv("SLOW_FSYNC_MS");
    const long ms = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
    const timespec takes{ms / 1'000, ms % 1'000 * 1'000'000};
    ::nanosleep(&takes, nullptr);
  }
  return static_cast<int>(::syscall(call, file));
}

ssize_t write_at(int file, const void* bytes, size_t size, off_t offset) {
  if (is_there("READ_ONLY_IF")) {
    errno = EROFS;
    return -1;
  }
  return ::syscall(SYS_pwrite64, file, bytes, size, offset);
}

}  // namespace

extern "C" ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return write_at(file, bytes, size, offset);
}
extern "C" ssize_t pwrite64(int file, const void* bytes, size_t size, off_t offset) {
  return write_at(file, bytes, size, offset);
}
extern "C" int fdatasync(int file) { return flush(SYS_fdatasync, file); }
extern "C" int fsync(int file) { return flush(SYS_fsync, file); }

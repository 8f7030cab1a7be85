// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into pawld: while the file named by FAIL_FSYNC_IF exists, every flush fails as on a
// dying disk, and what was written stays in memory, as after a real failure.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace {

int flush(long call, int file) {
  const char* const trigger = std::getenv("FAIL_FSYNC_IF");
  if (trigger != nullptr && ::access(trigger, F_OK) == 0) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(call, file));
}

}  // namespace

extern "C" int fdatasync(int file) { return flush(SYS_fdatasync, file); }
extern "C" int fsync(int file) { return flush(SYS_fsync, file); }

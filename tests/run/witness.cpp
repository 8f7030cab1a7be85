// SPDX-License-Identifier: Apache-2.0
//
// witness FILE LOG command…: proves that nobody else works under the lock. The kernel's lock on
// FILE lives in a descriptor that the command and all its offspring inherit, so it ends with the
// last of them and not before. LOG gets `begin TOKEN`, or `overlap TOKEN` if somebody still was at
// work.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  if (argc < 4) return 64;
  const int file = open(argv[1], O_RDWR | O_CREAT, 0600);
  const int log = open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || log < 0) return 1;
  const char* token = std::getenv("PAWL_TOKEN");
  const bool alone = flock(file, LOCK_EX | LOCK_NB) == 0;
  const std::string line =
      std::string(alone ? "begin " : "overlap ") + (token ? token : "0") + "\n";
  if (write(log, line.data(), line.size()) < 0) return 1;
  execvp(argv[3], argv + 3);
  std::perror("witness");
  return 127;
}

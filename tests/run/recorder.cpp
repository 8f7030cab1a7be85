// SPDX-License-Identifier: Apache-2.0
//
// recorder: says `ready PID GROUP`, then `got N` for every signal it receives. Nothing that can be
// caught ends or stops it.
#include <signal.h>
#include <unistd.h>

#include <cstdio>

int main() {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  std::printf("ready %d %d\n", getpid(), getpgrp());
  std::fflush(stdout);
  for (;;) {
    std::printf("got %d\n", sigwaitinfo(&all, nullptr));
    std::fflush(stdout);
  }
}

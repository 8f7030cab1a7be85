// SPDX-License-Identifier: Apache-2.0
#include "cli/run/terminal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pawl::cli {
namespace {

bool is_pipe(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

}  // namespace

Terminal::Terminal() : descriptor_(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
  lent_at_once_ = exists() && tcgetpgrp(STDIN_FILENO) >= 0 && !is_pipe(STDOUT_FILENO) &&
                  !is_pipe(STDERR_FILENO);
}

Terminal::~Terminal() {
  if (exists()) close(descriptor_);
}

bool Terminal::is_ours() const {
  if (!exists()) return false;
  const pid_t foreground = tcgetpgrp(descriptor_);
  return foreground == getpgrp() || (borrower_ != 0 && foreground == borrower_);
}

bool Terminal::is_lent() const {
  return exists() && borrower_ != 0 && tcgetpgrp(descriptor_) == borrower_;
}

void Terminal::lend(pid_t group) {
  if (!is_ours()) return;
  if (!modes_) {
    termios modes{};
    if (tcgetattr(descriptor_, &modes) == 0) modes_ = modes;
  }
  if (tcsetpgrp(descriptor_, group) == 0) borrower_ = group;
}

void Terminal::take_back(bool restore) {
  if (!is_lent()) return;
  tcsetpgrp(descriptor_, getpgrp());
  if (restore && modes_) tcsetattr(descriptor_, TCSADRAIN, &*modes_);
}

}  // namespace pawl::cli

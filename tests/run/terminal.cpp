// SPDX-License-Identifier: Apache-2.0
#include "run/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace pawl::testing {

Terminal::Terminal(const Words& environment) {
  winsize size{24, 80, 0, 0};
  shell_ = forkpty(&master_, nullptr, nullptr, &size);
  if (shell_ < 0) throw std::runtime_error("no terminal");
  if (shell_ == 0) {
    for (const std::string& variable : environment) putenv(const_cast<char*>(variable.c_str()));
    setenv("PS1", "", 1);
    execl("/bin/bash", "bash", "--norc", "--noprofile", "--noediting", "-i", nullptr);
    _exit(127);
  }
}

// The end of the terminal hangs everybody on it up; the shell is not waited for to agree.
Terminal::~Terminal() {
  close(master_);
  ::kill(shell_, SIGKILL);
  waitpid(shell_, nullptr, 0);
}

void Terminal::type(std::string_view keys) const {
  if (write(master_, keys.data(), keys.size()) < 0) throw std::runtime_error("cannot type");
}

std::string Terminal::see(const std::string& text) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    const std::size_t at = output_.find(text);
    if (at != std::string::npos) {
      std::string seen = output_.substr(0, at + text.size());
      output_.erase(0, at + text.size());
      return seen;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd readable{master_, POLLIN, 0};
    char bytes[4096];
    const bool is_readable =
        left.count() > 0 && poll(&readable, 1, static_cast<int>(left.count())) > 0;
    const ssize_t count = is_readable ? read(master_, bytes, sizeof bytes) : 0;
    if (count <= 0) throw std::runtime_error("did not see \"" + text + "\":\n" + output_);
    output_.append(bytes, static_cast<std::size_t>(count));
  }
}

void Terminal::resize(unsigned short rows, unsigned short columns) const {
  const winsize size{rows, columns, 0, 0};
  ioctl(master_, TIOCSWINSZ, &size);
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include "cli/run/signals.hpp"

#include <unistd.h>

#include <cstring>
#include <ctime>

#include "base/ensure.hpp"

namespace pawl::cli {
namespace {

// The kernel, not somebody's kill: si_code, whose macro is not in reach of signalfd.
bool is_from_kernel(const signalfd_siginfo& info) { return info.ssi_code == SI_KERNEL; }

}  // namespace

Signals::Signals() {
  sigemptyset(&ignored_);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) != 0) continue;
    if (action.sa_handler == SIG_IGN) sigaddset(&ignored_, signal);
  }
  // An ignored SIGCHLD would reap the command before its exit code is read.
  ::signal(SIGCHLD, SIG_DFL);
  sigdelset(&ignored_, SIGCHLD);
  sigset_t all;
  sigfillset(&all);
  ensure(sigprocmask(SIG_SETMASK, &all, &before_) == 0);
  descriptor_ = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  ensure(descriptor_ >= 0);
}

Signals::~Signals() {
  while (next()) {
  }
  close(descriptor_);
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<signalfd_siginfo> Signals::next() const {
  signalfd_siginfo info{};
  while (read(descriptor_, &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    // Our own SIGPIPE, and what we pass on to the group we are a member of.
    if (signal != SIGCHLD && info.ssi_pid == static_cast<std::uint32_t>(getpid())) continue;
    if (sigismember(&ignored_, signal) == 1) {
      const bool is_of_terminal = signal == SIGINT || signal == SIGQUIT;
      if (!is_of_terminal || is_from_kernel(info)) continue;
    }
    return info;
  }
  return std::nullopt;
}

void Signals::restore_for_exec(bool on_terminal) const {
  if (!on_terminal) {
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGQUIT, SIG_DFL);
  }
  sigset_t mask = before_;
  sigdelset(&mask, SIGCHLD);
  sigprocmask(SIG_SETMASK, &mask, nullptr);
}

bool Signals::stop_here(int signal) const {
  sigset_t continued;
  sigemptyset(&continued);
  sigaddset(&continued, SIGCONT);
  const timespec at_once{};
  while (sigtimedwait(&continued, nullptr, &at_once) > 0) {
  }
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  ::kill(0, signal);
  sigprocmask(SIG_UNBLOCK, &one, nullptr);  // here it stops
  sigprocmask(SIG_BLOCK, &one, nullptr);
  return sigtimedwait(&continued, nullptr, &at_once) == SIGCONT;
}

bool stops_by_default(int signal) {
  return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU || signal == SIGSTOP;
}

bool ends_by_default(int signal) {
  const bool is_harmless =
      signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
  return !is_harmless && !stops_by_default(signal);
}

std::string name_of_signal(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/run/guard.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>

#include "cli/run/process_group.hpp"

namespace pawl::cli {
namespace {

using std::chrono::nanoseconds;

// What goes through the pipe; small enough that it arrives whole.
struct Watch {
  pid_t group = 0;
  std::int64_t deadline = 0;  // ns of CLOCK_BOOTTIME; 0: none
};

std::int64_t boottime() {
  timespec reading{};
  clock_gettime(CLOCK_BOOTTIME, &reading);
  return nanoseconds(std::chrono::seconds(reading.tv_sec)).count() + reading.tv_nsec;
}

timespec to_timespec(std::int64_t ns) { return {ns / 1'000'000'000, ns % 1'000'000'000}; }

// Keeps `pipe` alone, as descriptor 3, with nothing in place of the three a caller may wait for.
int let_go_of_all_but(int pipe) {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  const int kept = fcntl(pipe, F_DUPFD_CLOEXEC, 3);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, standard);
  if (kept != 3) dup2(kept, 3);
  close_range(4, ~0U, 0);
  return 3;
}

// TERM, the grace, KILL. There may be less time than the grace.
void take_down(const Watch& watch, Span grace) {
  const auto now = boottime();
  auto until = now + nanoseconds(grace).count();
  if (watch.deadline != 0) until = std::min(until, watch.deadline);
  if (until > now) {
    signal_group(watch.group, SIGTERM);
    signal_group(watch.group, SIGCONT);
  }
  while (boottime() < until && has_members(watch.group).value_or(true)) {
    const timespec pause = to_timespec(std::min<std::int64_t>(until - boottime(), 20'000'000));
    if (pause.tv_nsec > 0) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
  signal_group(watch.group, SIGKILL);
}

void set_alarm(int timer, std::int64_t deadline) {
  const itimerspec setting{.it_interval = {}, .it_value = to_timespec(deadline)};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &setting, nullptr);  // zero: off
}

[[noreturn]] void stand_guard(int pipe, Span grace) {
  setsid();
  prctl(PR_SET_NAME, "pawl-guard");  // `killall -9 pawl` is the very thing to survive
  if (chdir("/") != 0) _exit(1);
  pipe = let_go_of_all_but(pipe);
  const int timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  Watch watch;
  for (;;) {
    pollfd events[2] = {{pipe, POLLIN, 0}, {timer, POLLIN, 0}};
    if (poll(events, 2, -1) < 0 && errno != EINTR) _exit(1);
    if (events[0].revents != 0) {
      const ssize_t length = read(pipe, &watch, sizeof watch);
      if (length == 0) {
        if (watch.group != 0) take_down(watch, grace);
        _exit(0);
      }
      if (length == sizeof watch) set_alarm(timer, watch.deadline);
    } else if (events[1].revents != 0) {
      std::uint64_t times = 0;
      if (read(timer, &times, sizeof times) > 0) signal_group(watch.group, SIGKILL);
    }
  }
}

}  // namespace

Guard::Guard(Span grace) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error(std::string("no pipe for the guard: ") + std::strerror(errno));
  pid_ = fork();
  if (pid_ == 0) {
    close(ends[1]);
    stand_guard(ends[0], grace);
  }
  if (pid_ < 0) throw std::runtime_error(std::string("no guard: ") + std::strerror(errno));
  close(ends[0]);
  pipe_ = ends[1];
  fcntl(pipe_, F_SETFL, O_NONBLOCK);
}

void Guard::dismiss() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(pipe_);
  pid_ = -1;
}

void Guard::watch(pid_t group, std::optional<Span> left) const {
  const std::int64_t now = boottime();
  // In the past is now: 0 would mean never.
  const auto deadline = left ? std::max<std::int64_t>(now + left->count(), 1) : 0;
  const Watch told{group, deadline};
  // A full pipe means a guard that does not move; the one before still stands.
  [[maybe_unused]] const ssize_t written = write(pipe_, &told, sizeof told);
}

}  // namespace pawl::cli

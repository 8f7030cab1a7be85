// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/waker.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace pawl::cli::bench {
namespace {

int checked(int result) {
  if (result < 0) throw std::system_error(errno, std::generic_category());
  return result;
}

epoll_event event_for(void* whose, bool for_writing) {
  epoll_event event{};
  event.events = EPOLLIN | (for_writing ? EPOLLOUT : 0U);
  event.data.ptr = whose;
  return event;
}

}  // namespace

Waker::Waker() : epoll_(checked(epoll_create1(EPOLL_CLOEXEC))) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, &before_);
  signals_ = checked(signalfd(-1, &ending, SFD_NONBLOCK | SFD_CLOEXEC));
  watch(signals_, nullptr, false);
}

// What came last is taken here, or it would end the process when the mask is as before.
Waker::~Waker() {
  take_signals();
  close(signals_);
  close(epoll_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Waker::watch(int descriptor, void* whose, bool for_writing) {
  epoll_event event = event_for(whose, for_writing);
  checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event));
}

void Waker::change(int descriptor, void* whose, bool for_writing) {
  epoll_event event = event_for(whose, for_writing);
  checked(epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event));
}

std::span<const epoll_event> Waker::wait(std::chrono::nanoseconds limit) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
  const int count = epoll_wait(epoll_, events_, 256, static_cast<int>(std::clamp(ms, 0L, 1'000L)));
  epoll_event* end = events_ + std::max(count, 0);
  epoll_event* rest =
      std::remove_if(events_, end, [](const epoll_event& event) { return !event.data.ptr; });
  if (rest != end) take_signals();
  return {events_, rest};
}

void Waker::take_signals() {
  signalfd_siginfo info{};
  while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (signal_count_++ == 0) signal_ = static_cast<int>(info.ssi_signo);
  }
}

}  // namespace pawl::cli::bench

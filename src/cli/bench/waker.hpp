// SPDX-License-Identifier: Apache-2.0
//
// The epoll of a run, and the signals that end it: INT and TERM come out of it instead of ending
// the process, as long as this lives.
#pragma once

#include <signal.h>
#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <span>

namespace pawl::cli::bench {

class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // `whose` comes with its events. A descriptor that is closed is forgotten.
  void watch(int descriptor, void* whose, bool for_writing);
  void change(int descriptor, void* whose, bool for_writing);
  // What is ready, valid until the next call; signals are counted, not told.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::nanoseconds limit);

  [[nodiscard]] int signal() const { return signal_; }  // the first that came; 0: none
  [[nodiscard]] unsigned signal_count() const { return signal_count_; }

 private:
  void take_signals();

  int epoll_ = -1;
  int signals_ = -1;
  sigset_t before_{};
  int signal_ = 0;
  unsigned signal_count_ = 0;
  epoll_event events_[256]{};
};

}  // namespace pawl::cli::bench

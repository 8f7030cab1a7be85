// SPDX-License-Identifier: Apache-2.0
//
// The controlling terminal, lent to the command's group as a shell lends it to a job, and always
// taken back. A command that may share the screen with others of a pipeline (`… | less`) gets it
// only when it asks, by being stopped for it. Without a terminal nothing here does anything.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>

namespace pawl::cli {

class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] bool exists() const { return descriptor_ >= 0; }
  // We are the group in the foreground, or the command we lent it to is.
  [[nodiscard]] bool is_ours() const;
  // Is the command to have it from the start?
  [[nodiscard]] bool is_lent_at_once() const { return lent_at_once_; }
  [[nodiscard]] bool is_lent() const;

  // Does nothing unless it is ours. SIGTTOU must be blocked, here and in take_back.
  void lend(pid_t group);
  // With `restore` the modes are set back to what they were when it was lent.
  void take_back(bool restore);

 private:
  int descriptor_ = -1;
  bool lent_at_once_ = false;
  pid_t borrower_ = 0;
  std::optional<termios> modes_;
};

}  // namespace pawl::cli

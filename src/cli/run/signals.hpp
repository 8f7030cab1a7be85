// SPDX-License-Identifier: Apache-2.0
//
// Signals become things to read: all that can be caught are blocked and come out of one descriptor.
// What was ignored when pawl was started (nohup) stays ignored, for pawl and for its command. A
// shell that starts `pawl run … &` ignores INT and QUIT only because they share its terminal's
// group; the command has a group of its own, so there an INT that somebody sends is meant.
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

#include <optional>
#include <string>

namespace pawl::cli {

class Signals {
 public:
  Signals();   // blocks
  ~Signals();  // restores, and forgets what came meanwhile
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Readable while next() has something.
  [[nodiscard]] int descriptor() const { return descriptor_; }
  // Nothing: none is there. What pawl sent to itself and what is ignored is left out.
  [[nodiscard]] std::optional<signalfd_siginfo> next() const;

  // Between fork and exec: the signals of the command as if pawl were not there.
  void restore_for_exec(bool on_terminal) const;

  // Stops this process and whoever shares its group, as the terminal would with `signal` (TSTP,
  // TTIN, TTOU), and returns when continued. False: it was not stopped, because nobody could have
  // continued it (an orphaned process group) or because it was started with that signal ignored.
  [[nodiscard]] bool stop_here(int signal) const;

 private:
  sigset_t before_{};
  sigset_t ignored_{};
  int descriptor_ = -1;
};

// What a signal does to a process that does not care.
[[nodiscard]] bool ends_by_default(int signal);
[[nodiscard]] bool stops_by_default(int signal);

// SIGTERM, or `signal 64`.
[[nodiscard]] std::string name_of_signal(int signal);

}  // namespace pawl::cli

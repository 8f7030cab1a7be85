// SPDX-License-Identifier: Apache-2.0
//
// The command: forked into a process group of its own, held back until everything around it stands,
// then run with the streams, descriptors and signals pawl was started with. It is not reaped before
// this is destroyed, so that the number of its group stays its own.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/run/signals.hpp"

namespace pawl::cli {

// As a shell has them.
inline constexpr int exit_cannot_execute = 126;
inline constexpr int exit_not_found = 127;

struct Command {
  std::vector<std::string> words;        // the first is looked up in PATH
  std::vector<std::string> environment;  // NAME=value, in place of what has the same name
  std::vector<std::string> withheld;     // NAMEs that it does not inherit
};

// The descriptors that were open when pawl was started: the command gets these and no others.
[[nodiscard]] std::vector<int> inherited_descriptors();

class Child {
 public:
  Child(const Command& command, const Signals& signals, const std::vector<int>& descriptors,
        bool on_terminal);
  ~Child();  // one that still runs is killed
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t group() const { return pid_; }
  void let_go();

  struct Change {
    int stopped_by = 0;  // signal, or 0
    bool continued = false;
    bool ended = false;
  };
  // What has become of it since the last time; nothing: no change.
  [[nodiscard]] std::optional<Change> poll();
  // True if it has ended since the last time; nothing else is looked at.
  bool look_for_end();

  [[nodiscard]] bool has_ended() const { return code_.has_value(); }
  // Once it has ended: its exit code, 128+n for signal n, 126 or 127 if it could not be executed.
  [[nodiscard]] int exit_code() const { return *code_; }
  [[nodiscard]] int ended_by() const { return ended_by_; }  // signal, or 0
  // Why it could not be executed, as errno; 0 if it was.
  [[nodiscard]] int exec_error() const { return exec_error_; }

 private:
  void read_exec_error();

  pid_t pid_ = -1;
  int go_ = -1;       // written to once
  int failure_ = -1;  // errno comes out of it, or its end
  std::optional<int> code_;
  int ended_by_ = 0;
  int exec_error_ = 0;
};

}  // namespace pawl::cli

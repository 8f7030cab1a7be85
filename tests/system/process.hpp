// SPDX-License-Identifier: Apache-2.0
//
// A program under test: started with its output (both streams) in a pipe, ended by its pid, never
// left behind. Every wait has a deadline, so that a hanging program fails the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "system/temporary_directory.hpp"

namespace pawl::testing {

inline constexpr std::chrono::seconds deadline{20};

class Process {
 public:
  // The first word is the path of the program. `environment` words (NAME=value) are added.
  explicit Process(const std::vector<std::string>& words,
                   const std::vector<std::string>& environment = {});
  ~Process();  // kills it if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of output without its LF; nothing at the end of output.
  [[nodiscard]] std::optional<std::string> read_line();
  void terminate() const;  // SIGTERM
  void kill() const;       // SIGKILL
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Reads on to the end of output; the exit code, or minus the signal that ended it.
  [[nodiscard]] int wait();
  [[nodiscard]] const std::string& output() const { return output_; }  // all that was read

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string output_;
  std::size_t read_to_ = 0;  // in output_
};

// A pawld on a free port of loopback, with a data directory of its own unless the options name one.
class Daemon {
 public:
  // Behind the words of `wrapper`, if any: another program that becomes pawld.
  explicit Daemon(const std::vector<std::string>& options = {},
                  const std::vector<std::string>& environment = {},
                  const std::vector<std::string>& wrapper = {});
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Process& process() { return process_; }

 private:
  TemporaryDirectory directory_;
  Process process_;
  std::uint16_t port_ = 0;
};

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// A person at a terminal: an interactive bash with job control on a pseudo-terminal. What is typed
// is echoed, so what a test waits for must not stand in what it types.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "run/command.hpp"

namespace pawl::testing {

class Terminal {
 public:
  explicit Terminal(const Words& environment);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(std::string_view keys) const;
  // Waits until `text` has been shown since the last call, and returns all up to its end.
  std::string see(const std::string& text);
  void resize(unsigned short rows, unsigned short columns) const;

 private:
  int master_ = -1;
  pid_t shell_ = -1;
  std::string output_;
};

}  // namespace pawl::testing

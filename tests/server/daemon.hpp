// SPDX-License-Identifier: Apache-2.0
//
// The pawld program as a process of its own, on a free port of loopback; killed at the end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "system/temporary_directory.hpp"

namespace pawl::test {

class Daemon {
 public:
  // descriptors 0: as many as the system allows.
  explicit Daemon(std::vector<std::string> arguments, unsigned descriptors = 0);
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  // The port of the line `listening`; its absence fails the test.
  [[nodiscard]] std::uint16_t port();
  void signal(int number) const;
  // Lets it open so many more.
  void allow_descriptors(std::size_t more) const;
  // That it has used since its start.
  [[nodiscard]] std::chrono::milliseconds processor_time() const;
  // Reads its log until a line holds the words; nothing when it ended without.
  [[nodiscard]] std::optional<std::string> logged(std::string_view words);
  [[nodiscard]] int exit_code();
  // Until its data directory has a file of this name; its absence fails the test.
  void wait_for_file(const std::string& name) const;

 private:
  [[nodiscard]] std::optional<std::string> next_line();

  testing::TemporaryDirectory directory_;
  pid_t process_ = -1;
  int log_ = -1;
  std::string read_;
};

}  // namespace pawl::test

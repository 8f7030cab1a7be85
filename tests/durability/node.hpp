// SPDX-License-Identifier: Apache-2.0
//
// A pawld on a data directory that outlives it, and the ways it may end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "system/process.hpp"

namespace pawl::testing {

// How its disk behaves.
enum class Disk : std::uint8_t {
  honest,
  forgetful,  // at a power cut it forgets what was not flushed
  lying,      // and takes nothing for flushed
};

class Node {
 public:
  struct Options {
    std::string directory;
    std::string durability = "fsync";
    Disk disk = Disk::honest;
    std::uint64_t seed = 0;  // of what a power cut leaves
    std::vector<std::string> settings = {};
  };

  // Listens when made; throws with its output if it does not come to that.
  explicit Node(const Options& options);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The exit code, or minus the signal.
  int kill();
  int cut_power();  // not with an honest disk
  int terminate();
  // How long its main thread was ready to run while the machine gave the core to others.
  [[nodiscard]] std::chrono::nanoseconds kept_waiting() const;
  [[nodiscard]] std::uint64_t resident_bytes() const;
  [[nodiscard]] const std::string& output() const { return process_.output(); }

  static constexpr int killed = -9;
  static constexpr int power_cut = 137;

 private:
  int end_by(int signal);

  Process process_;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

// A new directory on the fastest disk there is: these tests do not measure it.
class StateDirectory {
 public:
  StateDirectory();
  ~StateDirectory();
  StateDirectory(const StateDirectory&) = delete;
  StateDirectory& operator=(const StateDirectory&) = delete;

  [[nodiscard]] std::string path() const { return above_ + "/data"; }

 private:
  std::string above_;
};

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// The pawld under load, seen from outside: its counts by STATUS, its memory and its share of the
// processor by /proc. It runs without a log on disk (durability=none).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "system/line_client.hpp"
#include "system/process.hpp"

namespace pawl::testing {

struct Counts {
  std::uint64_t locks = 0;
  std::uint64_t sessions = 0;
  std::uint64_t connections = 0;
  bool operator==(const Counts&) const = default;
};

// Of the io thread since its start.
struct Processor {
  std::chrono::nanoseconds running{0};
  std::chrono::nanoseconds kept_waiting{0};  // ready to run, and the machine gave the core away
};

class Server {
 public:
  explicit Server(const std::vector<std::string>& settings = {});  // as of --set

  [[nodiscard]] std::uint16_t port() const { return daemon_.port(); }
  [[nodiscard]] Counts counts();
  // Asks every 20 ms until `reached` or 30 s have passed; the last counts.
  [[nodiscard]] Counts wait_for_counts(const std::function<bool(const Counts&)>& reached);

  [[nodiscard]] std::uint64_t resident_bytes() const;
  // The most since the last call of forget_peak().
  [[nodiscard]] std::uint64_t peak_bytes() const;
  void forget_peak() const;
  [[nodiscard]] Processor processor() const;

  // SIGTERM; the exit code.
  [[nodiscard]] int end();

 private:
  [[nodiscard]] std::string process_path(const char* file) const;
  [[nodiscard]] std::uint64_t status_bytes(const char* key) const;

  Daemon daemon_;
  pid_t pid_;
  LineClient control_;
};

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// `pawl run` as a shell starts it: in a session of its own, against one server. And what a test
// looks at while it runs; every look has a deadline.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "system/process.hpp"

namespace pawl::testing {

using Words = std::vector<std::string>;

// A process that leads its own session and group, as a job does.
class Job : public Process {
 public:
  explicit Job(const Words& words, const Words& environment = {});

  void signal(int number) const;        // to the process alone
  void signal_group(int number) const;  // to its group
};

// pawl -s 127.0.0.1:port run words…
[[nodiscard]] Words run_words(std::uint16_t port, const Words& words);

class Run : public Job {
 public:
  Run(std::uint16_t port, const Words& words, const Words& environment = {})
      : Job(run_words(port, words), environment) {}
};

// Reads lines until one starts with `start`, and returns it.
std::string read_until(Process& process, const std::string& start);

// Asks again and again; false: not within the deadline.
[[nodiscard]] bool eventually(const std::function<bool()>& holds);

// A shell script that a test passes on; sh -c.
[[nodiscard]] inline Words sh(const std::string& script) { return {"sh", "-c", script}; }

[[nodiscard]] Words operator+(Words left, const Words& right);

// What a server answers to one line.
[[nodiscard]] std::string ask(std::uint16_t port, const std::string& line);
// Waiters and holders of a lock, as SHOW says.
[[nodiscard]] int waiters_of(std::uint16_t port, const std::string& lock);
[[nodiscard]] int holders_of(std::uint16_t port, const std::string& lock);

void touch(const std::string& path);
[[nodiscard]] std::string read_file(const std::string& path);
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);

}  // namespace pawl::testing

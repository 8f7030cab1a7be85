// SPDX-License-Identifier: Apache-2.0
#include "run/command.hpp"

#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "system/line_client.hpp"

namespace pawl::testing {

// setsid(1) execs in place where its process leads no group yet, and ours does not.
Job::Job(const Words& words, const Words& environment)
    : Process(Words{"/usr/bin/setsid"} + words, environment) {}

void Job::signal(int number) const { ::kill(pid(), number); }

void Job::signal_group(int number) const { ::kill(-pid(), number); }

Words run_words(std::uint16_t port, const Words& words) {
  return Words{PAWL_PROGRAM, "-s", "127.0.0.1:" + std::to_string(port), "run"} + words;
}

std::string read_until(Process& process, const std::string& start) {
  while (auto line = process.read_line()) {
    if (line->starts_with(start)) return *line;
  }
  throw std::runtime_error("no line starts with \"" + start + "\":\n" + process.output());
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

namespace {

int count_of(const std::string& text, const std::string& word) {
  int count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

std::string ask(std::uint16_t port, const std::string& line) {
  LineClient client(port);
  client.send(line);
  return client.read_line();
}

int waiters_of(std::uint16_t port, const std::string& lock) {
  const std::string text = ask(port, "SHOW " + lock);
  const std::string key = "\"waiters_total\":";
  const auto at = text.find(key);
  if (at == std::string::npos) throw std::runtime_error("SHOW said " + text);
  return std::atoi(text.c_str() + at + key.size());
}

int holders_of(std::uint16_t port, const std::string& lock) {
  return count_of(ask(port, "SHOW " + lock), "\"token\":");
}

void touch(const std::string& path) { std::ofstream{path}; }

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include "scale/server.hpp"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "scale/beat.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> options_of(const std::vector<std::string>& settings) {
  std::vector<std::string> options{"--set", "durability=none", "--set", "log.format=json"};
  for (const std::string& setting : settings) {
    options.emplace_back("--set");
    options.push_back(setting);
  }
  return options;
}

std::uint64_t number_after(std::string_view text, std::string_view key) {
  const std::size_t found = text.find(key);
  if (found == text.npos) throw std::runtime_error("no " + std::string(key));
  const std::size_t digits = text.find_first_of("0123456789", found + key.size());
  std::uint64_t number = 0;
  if (digits != text.npos) std::from_chars(&text[digits], text.data() + text.size(), number);
  return number;
}

// These tests run one program at a time.
pid_t only_child() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream status(entry.path() / "status");
    std::string line;
    while (std::getline(status, line)) {
      if (!line.starts_with("PPid:")) continue;
      const bool own = number_after(line, "PPid:") == static_cast<std::uint64_t>(getpid());
      if (own) return static_cast<pid_t>(std::stoi(entry.path().filename()));
    }
  }
  throw std::runtime_error("the server is not among the processes");
}

}  // namespace

Server::Server(const std::vector<std::string>& settings)
    : daemon_(options_of(settings)), pid_(only_child()), control_(daemon_.port()) {}

Counts Server::counts() {
  control_.send("STATUS");
  const std::string reply = control_.read_line();
  return {number_after(reply, "\"locks\":"), number_after(reply, "\"sessions\":"),
          number_after(reply, "\"connections\":")};
}

Counts Server::wait_for_counts(const std::function<bool(const Counts&)>& reached) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  Beat beat(20ms);
  for (;;) {
    const Counts now = counts();
    if (reached(now) || std::chrono::steady_clock::now() > until) return now;
    beat.wait();
  }
}

std::string Server::process_path(const char* file) const {
  return "/proc/" + std::to_string(pid_) + "/" + file;
}

std::uint64_t Server::status_bytes(const char* key) const {
  std::ifstream status(process_path("status"));
  const std::string text{std::istreambuf_iterator<char>(status), {}};
  return number_after(text, key) * 1024;
}

std::uint64_t Server::resident_bytes() const { return status_bytes("VmRSS:"); }

std::uint64_t Server::peak_bytes() const { return status_bytes("VmHWM:"); }

void Server::forget_peak() const {
  std::ofstream clear(process_path("clear_refs"));
  clear << "5" << std::flush;  // proc(5)
  if (!clear) throw std::runtime_error("cannot reset the peak of memory");
}

Processor Server::processor() const {
  std::ifstream schedstat(process_path("schedstat"));
  std::int64_t running = 0;
  std::int64_t kept_waiting = 0;
  schedstat >> running >> kept_waiting;
  return {std::chrono::nanoseconds(running), std::chrono::nanoseconds(kept_waiting)};
}

int Server::end() {
  daemon_.process().terminate();
  return daemon_.process().wait();
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include "daemon.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

namespace pawl::test {
namespace {

constexpr int deadline_ms = 20'000;  // never reached unless the test fails

[[noreturn]] void become(const std::vector<std::string>& arguments, int log, unsigned descriptors) {
  if (descriptors != 0) {
    const rlimit limit{descriptors, descriptors};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ::dup2(log, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

Daemon::Daemon(std::vector<std::string> arguments, unsigned descriptors) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  arguments.insert(arguments.begin(),
                   {PAWLD, "--set", "log.format=text", "--set", "listen.http=none", "--set",
                    "data_dir=" + directory_.path()});
  process_ = ::fork();
  REQUIRE(process_ >= 0);
  if (process_ == 0) become(arguments, ends[1], descriptors);
  ::close(ends[1]);
  log_ = ends[0];
}

Daemon::~Daemon() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(log_);
}

std::uint16_t Daemon::port() {
  const std::string line = logged("listening").value_or("");
  const auto client = line.find("client=");
  REQUIRE(client != std::string::npos);
  return static_cast<std::uint16_t>(std::stoi(line.substr(line.find(':', client) + 1)));
}

void Daemon::signal(int number) const { REQUIRE(::kill(process_, number) == 0); }

void Daemon::allow_descriptors(std::size_t more) const {
  const std::filesystem::directory_iterator open("/proc/" + std::to_string(process_) + "/fd");
  rlimit limit{};
  limit.rlim_cur = static_cast<rlim_t>(std::distance(begin(open), end(open))) + more;
  limit.rlim_max = limit.rlim_cur;
  REQUIRE(::prlimit(process_, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

std::chrono::milliseconds Daemon::processor_time() const {
  std::ifstream stat("/proc/" + std::to_string(process_) + "/stat");
  std::string word;
  constexpr int before_user_time = 13;
  for (int i = 0; i < before_user_time; ++i) stat >> word;
  long user = 0;
  long system = 0;
  stat >> user >> system;
  return std::chrono::milliseconds((user + system) * 1'000 / ::sysconf(_SC_CLK_TCK));
}

std::optional<std::string> Daemon::logged(std::string_view words) {
  while (std::optional<std::string> line = next_line()) {
    if (line->find(words) != std::string::npos) return line;
  }
  return std::nullopt;
}

std::optional<std::string> Daemon::next_line() {
  for (;;) {
    if (const auto end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    pollfd asked{log_, POLLIN, 0};
    REQUIRE(::poll(&asked, 1, deadline_ms) == 1);
    std::array<char, 4096> bytes{};
    const ssize_t got = ::read(log_, bytes.data(), bytes.size());
    REQUIRE(got >= 0);
    if (got == 0) return std::nullopt;
    read_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

int Daemon::exit_code() {
  while (next_line()) continue;  // its log ends when it does
  int status = 0;
  REQUIRE(::waitpid(std::exchange(process_, -1), &status, 0) > 0);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

void Daemon::wait_for_file(const std::string& name) const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!std::filesystem::exists(directory_.path(name))) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::yield();
  }
}

}  // namespace pawl::test

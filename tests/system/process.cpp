// SPDX-License-Identifier: Apache-2.0
#include "system/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>

namespace pawl::testing {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> with_listen(std::vector<std::string> words,
                                     const std::vector<std::string>& options) {
  words.insert(words.end(),
               {PAWLD_PROGRAM, "--set", "listen.client=127.0.0.1:0", "--set", "listen.http=none"});
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

std::vector<std::string> with_directory(std::vector<std::string> environment,
                                        const std::string& path) {
  environment.push_back("PAWL_DATA_DIR=" + path);
  return environment;
}

}  // namespace

Process::Process(const std::vector<std::string>& words,
                 const std::vector<std::string>& environment) {
  std::vector<std::string> arguments = words;
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  std::vector<std::string> variables = environment;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  const std::vector<char*> variable_pointers = pointers_to(variables);

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    // What the test holds open would else live on in here after the test has closed it.
    closefrom(STDERR_FILENO + 1);
    execve(argument_pointers[0], argument_pointers.data(), variable_pointers.data());
    _exit(127);
  }
  close(ends[1]);
  pipe_ = ends[0];
  if (pid_ < 0) throw std::runtime_error("cannot fork");
}

Process::~Process() {
  if (pid_ > 0) {
    kill();
    waitpid(pid_, nullptr, 0);
  }
  close(pipe_);
}

std::optional<std::string> Process::read_line() {
  const auto until = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    const std::size_t end = output_.find('\n', read_to_);
    if (end != std::string::npos) {
      std::string line = output_.substr(read_to_, end - read_to_);
      read_to_ = end + 1;
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd readable{pipe_, POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) == 0) {
      throw std::runtime_error("no more output in time, so far:\n" + output_);
    }
    char bytes[4096];
    const ssize_t count = read(pipe_, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    output_.append(bytes, static_cast<std::size_t>(count));
  }
}

void Process::terminate() const { ::kill(pid_, SIGTERM); }

void Process::kill() const { ::kill(pid_, SIGKILL); }

int Process::wait() {
  while (read_line()) {
  }
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("lost a child");
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Daemon::Daemon(const std::vector<std::string>& options, const std::vector<std::string>& environment,
               const std::vector<std::string>& wrapper)
    : process_(with_listen(wrapper, options), with_directory(environment, directory_.path())) {
  constexpr std::string_view loopback = "127.0.0.1:";
  while (const auto line = process_.read_line()) {
    if (line->find("listening") == std::string::npos) continue;
    const std::size_t address = line->find(loopback, line->find("client"));
    if (address == std::string::npos) continue;
    const char* digits = line->data() + address + loopback.size();
    std::from_chars(digits, line->data() + line->size(), port_);
    if (port_ != 0) return;
  }
  throw std::runtime_error("pawld ended before it listened:\n" + process_.output());
}

}  // namespace pawl::testing

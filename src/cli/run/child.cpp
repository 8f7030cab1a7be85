// SPDX-License-Identifier: Apache-2.0
#include "cli/run/child.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace pawl::cli {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A name stands once: of two, programs disagree which one counts.
std::vector<std::string> environment_of(const Command& command) {
  const std::vector<std::string>& added = command.environment;
  const std::vector<std::string>& withheld = command.withheld;
  std::vector<std::string> all = added;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, std::min(text.find('='), text.size()));
    const bool is_replaced = std::any_of(added.begin(), added.end(), [&](std::string_view other) {
      return other.starts_with(name) && other.substr(name.size()).starts_with('=');
    });
    const bool is_withheld = std::find(withheld.begin(), withheld.end(), name) != withheld.end();
    if (!is_replaced && !is_withheld) all.emplace_back(text);
  }
  return all;
}

// All that are not listed become close-on-exec; `kept` is sorted.
void close_others_on_exec(const std::vector<int>& kept) {
  unsigned from = 3;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number > from) close_range(from, number - 1, CLOSE_RANGE_CLOEXEC);
    from = std::max(from, number + 1);
  }
  close_range(from, ~0U, CLOSE_RANGE_CLOEXEC);
}

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("no pipe for the command");
  return {ends[0], ends[1]};
}

// Returns only if the command could not be executed.
int execute(const Command& command) {
  std::vector<std::string> words = command.words;
  std::vector<std::string> variables = environment_of(command);
  const std::vector<char*> arguments = pointers_to(words);
  const std::vector<char*> environment = pointers_to(variables);
  execvpe(arguments[0], arguments.data(), environment.data());
  return errno;
}

}  // namespace

std::vector<int> inherited_descriptors() {
  std::vector<int> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> open_now(opendir("/proc/self/fd"), closedir);
  while (open_now) {
    const dirent* entry = readdir(open_now.get());
    if (entry == nullptr) break;
    const int descriptor = std::atoi(entry->d_name);
    if (descriptor >= 3 && descriptor != dirfd(open_now.get())) found.push_back(descriptor);
  }
  std::sort(found.begin(), found.end());
  return found;
}

Child::Child(const Command& command, const Signals& signals, const std::vector<int>& descriptors,
             bool on_terminal) {
  const Pipe go = make_pipe();
  const Pipe failure = make_pipe();
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(go.write_end);
    char told = 0;
    // The end of input is as good as a parent that died before PDEATHSIG was set.
    if (getppid() != parent || read(go.read_end, &told, 1) != 1) _exit(exit_not_found);
    close_others_on_exec(descriptors);
    signals.restore_for_exec(on_terminal);
    const int error = execute(command);
    [[maybe_unused]] const ssize_t written = write(failure.write_end, &error, sizeof error);
    _exit(error == ENOENT ? exit_not_found : exit_cannot_execute);
  }
  const int error = errno;
  close(go.read_end);
  close(failure.write_end);
  go_ = go.write_end;
  failure_ = failure.read_end;
  errno = error;
  if (pid_ < 0) fail("cannot start a process for the command");
  setpgid(pid_, pid_);  // whoever comes first
}

Child::~Child() {
  if (pid_ > 0) {
    if (!has_ended()) ::kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (go_ >= 0) close(go_);
  close(failure_);
}

void Child::let_go() {
  const char go = 'g';
  [[maybe_unused]] const ssize_t written = write(go_, &go, 1);
  close(go_);
  go_ = -1;
}

bool Child::look_for_end() {
  if (has_ended()) return false;
  siginfo_t info{};
  // Looked at and left: see the head of child.hpp.
  const int done = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (done != 0 || info.si_pid != pid_) return false;
  ended_by_ = info.si_code == CLD_EXITED ? 0 : info.si_status;
  code_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  read_exec_error();
  return true;
}

std::optional<Child::Change> Child::poll() {
  if (look_for_end()) return Change{.ended = true};
  if (has_ended()) return std::nullopt;
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WCONTINUED | WNOHANG) != 0)
    return std::nullopt;
  if (info.si_pid != pid_) return std::nullopt;
  if (info.si_code == CLD_CONTINUED) return Change{.continued = true};
  return Change{.stopped_by = info.si_status};
}

void Child::read_exec_error() {
  int error = 0;
  if (read(failure_, &error, sizeof error) == sizeof error) exec_error_ = error;
}

}  // namespace pawl::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/run/process_group.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

namespace pawl::cli {
namespace {

struct Membership {
  char state = '?';
  pid_t group = 0;
};

// /proc/N/stat: `pid (name) state parent group …`; a name may hold blanks and brackets.
std::optional<Membership> read_membership(const char* pid) {
  const std::string path = std::string("/proc/") + pid + "/stat";
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::array<char, 512> text{};
  const ssize_t length = read(file, text.data(), text.size() - 1);
  close(file);
  if (length <= 0) return std::nullopt;
  const char* name_end = std::strrchr(text.data(), ')');
  if (name_end == nullptr) return std::nullopt;
  Membership found;
  int parent = 0;
  if (std::sscanf(name_end + 1, " %c %d %d", &found.state, &parent, &found.group) != 3) {
    return std::nullopt;
  }
  return found;
}

}  // namespace

bool signal_group(pid_t group, int signal) { return ::kill(-group, signal) == 0 || errno != EPERM; }

std::optional<bool> has_members(pid_t group) {
  if (::kill(-group, 0) != 0 && errno == ESRCH) return false;
  if (!read_membership("self")) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(opendir("/proc"), closedir);
  if (!processes) return std::nullopt;
  while (const dirent* entry = readdir(processes.get())) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) == 0) continue;
    const auto found = read_membership(entry->d_name);
    if (found && found->group == group && found->state != 'Z' && found->state != 'X') return true;
  }
  return false;
}

}  // namespace pawl::cli

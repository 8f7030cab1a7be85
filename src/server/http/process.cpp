// SPDX-License-Identifier: Apache-2.0
#include "server/http/process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace pawl::server::http {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<std::uint64_t> resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  if (!(file >> all >> resident)) return std::nullopt;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::optional<std::uint64_t> open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator each("/proc/self/fd", error);
  std::uint64_t found = 0;
  for (; !error && each != std::filesystem::directory_iterator{}; each.increment(error)) ++found;
  if (error || found == 0) return std::nullopt;
  return found - 1;  // without the one that looks
}

}  // namespace

Process read_process(std::uint64_t connections) {
  Process process;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    process.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) process.most_descriptors = limit.rlim_cur;
  process.resident_bytes = resident_bytes();
  if (connections <= most_counted) process.open_descriptors = open_descriptors();
  return process;
}

}  // namespace pawl::server::http

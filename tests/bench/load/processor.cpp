// SPDX-License-Identifier: Apache-2.0
#include "load/processor.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace pawl::bench {
namespace {

double ticks_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == text.npos) throw std::runtime_error("the server is gone");
  std::istringstream fields(text.substr(end_of_name + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double kernel = 0;
  fields >> user >> kernel;
  return user + kernel;
}

}  // namespace

double processor_seconds(const std::vector<pid_t>& processes) {
  double ticks = 0;
  for (const pid_t process : processes) ticks += ticks_of(process);
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace pawl::bench

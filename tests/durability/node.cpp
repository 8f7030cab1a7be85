// SPDX-License-Identifier: Apache-2.0
#include "durability/node.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace pawl::testing {
namespace {

std::vector<std::string> words_of(const Node::Options& options) {
  std::vector<std::string> words{PAWLD_PROGRAM,
                                 "--set",
                                 "listen.client=127.0.0.1:0",
                                 "--set",
                                 "listen.http=none",
                                 "--set",
                                 "data_dir=" + options.directory,
                                 "--set",
                                 "durability=" + options.durability};
  for (const std::string& setting : options.settings) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  return words;
}

std::vector<std::string> environment_of(const Node::Options& options) {
  if (options.disk == Disk::honest) return {};
  std::vector<std::string> environment{
      "LD_PRELOAD=" FORGET_UNFLUSHED, "ASAN_OPTIONS=verify_asan_link_order=0",
      "SHIM_DIRECTORY=" + options.directory, "SHIM_SEED=" + std::to_string(options.seed)};
  if (options.disk == Disk::lying) environment.emplace_back("SHIM_LIE=1");
  return environment;
}

// The program writes its number into the file that holds the directory.
pid_t holder_of(const std::string& directory) {
  std::ifstream file(directory + "/LOCK");
  pid_t pid = -1;
  if (!(file >> pid)) throw std::runtime_error("nobody holds " + directory);
  return pid;
}

}  // namespace

Node::Node(const Options& options) : process_(words_of(options), environment_of(options)) {
  constexpr std::string_view loopback = "127.0.0.1:";
  while (const auto line = process_.read_line()) {
    if (line->find("listening") == std::string::npos) continue;
    const std::size_t address = line->find(loopback, line->find("client"));
    if (address == std::string::npos) continue;
    const char* digits = line->data() + address + loopback.size();
    std::from_chars(digits, line->data() + line->size(), port_);
    pid_ = holder_of(options.directory);
    return;
  }
  throw std::runtime_error("pawld ended before it listened:\n" + process_.output());
}

int Node::end_by(int signal) {
  ::kill(pid_, signal);
  return process_.wait();
}

int Node::kill() { return end_by(SIGKILL); }
int Node::cut_power() { return end_by(SIGUSR2); }
int Node::terminate() { return end_by(SIGTERM); }

std::chrono::nanoseconds Node::kept_waiting() const {
  std::ifstream schedstat("/proc/" + std::to_string(pid_) + "/schedstat");
  std::int64_t running = 0;
  std::int64_t waiting = 0;
  schedstat >> running >> waiting;
  return std::chrono::nanoseconds(waiting);
}

std::uint64_t Node::resident_bytes() const {
  std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

StateDirectory::StateDirectory() {
  namespace fs = std::filesystem;
  constexpr std::uintmax_t enough = std::uintmax_t{2} << 30;
  std::error_code ignored;
  const fs::path memory = "/dev/shm";
  const bool roomy = fs::space(memory, ignored).available >= enough && !ignored;
  std::string path = ((roomy ? memory : fs::temp_directory_path()) / "pawl-XXXXXX").string();
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary directory");
  above_ = path;
  fs::create_directory(this->path());
  fs::permissions(this->path(), fs::perms::owner_all);
}

StateDirectory::~StateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(above_, ignored);
}

}  // namespace pawl::testing

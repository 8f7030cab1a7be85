// SPDX-License-Identifier: Apache-2.0
//
// counter SERVERS FILE TIMES: counts in a file, however many of it run at once. The file keeps the
// token of whoever wrote last and refuses a lesser one, which is what makes a lock safe.
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <pawl/mutex.hpp>
#include <string>

namespace {

// False: somebody with a greater token has been here, or it is not certain that nobody is.
bool count_one(const std::filesystem::path& file, const pawl::Mutex& mutex) {
  std::uint64_t last_token = 0;
  std::uint64_t count = 0;
  std::ifstream(file) >> last_token >> count;
  const std::uint64_t token = mutex.token().value;
  if (token <= last_token) return false;

  std::filesystem::path next = file;
  next += "." + std::to_string(token);
  std::ofstream(next) << token << ' ' << count + 1 << '\n';
  if (mutex.state() == pawl::LeaseState::lost) return false;
  std::filesystem::rename(next, file);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  try {
    pawl::Connection connection({.servers = argv[1], .name = "counter"});
    pawl::Mutex mutex(connection, "examples/counter");
    for (int left = std::stoi(argv[3]); left > 0;) {
      const std::unique_lock lock(mutex);
      if (count_one(argv[2], mutex)) --left;
    }
  } catch (const std::exception& error) {
    std::cerr << "counter: " << error.what() << '\n';
    return 1;
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// crashes [CYCLES] [SEED]: one node with TLS and users, under load. Half of the cycles end by kill
// -9, half by a power cut that forgets what was not flushed.
#include <chrono>
#include <iostream>
#include <string>

#include "durability/cycles.hpp"

int main(int count, char** words) {
  using namespace pawl::testing;
  const auto clock = std::chrono::system_clock::now().time_since_epoch();
  const unsigned cycles = count > 1 ? static_cast<unsigned>(std::stoul(words[1])) : 1'000;
  const std::uint64_t seed = count > 2
                                 ? std::stoull(words[2])
                                 : static_cast<std::uint64_t>(clock / std::chrono::seconds{1});
  std::cout << "one node, TLS and users, " << cycles << " cycles, seed " << seed << std::endl;
  for (const Crash crash : {Crash::kill, Crash::power_cut}) {
    const Outcome outcome = run({.crash = crash,
                                 .disk = Disk::forgetful,
                                 .guard = Guard::tls_and_users,
                                 .cycles = crash == Crash::kill ? cycles / 2 : cycles - cycles / 2,
                                 .seed = seed});
    if (outcome.wrong.empty()) continue;
    std::cout << "FAILED: " << outcome.wrong << std::endl;
    return 1;
  }
  std::cout << "one node: " << cycles << " cycles, nothing lost" << std::endl;
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
//
// The quiet client's latencies, phase by phase: printed with what the machine itself took, and in
// an optimized build held to the promise.
#pragma once

#include <chrono>

#include "scale/quiet_client.hpp"
#include "scale/server.hpp"

namespace pawl::testing {

// What a quiet client is promised at p99, judged where STRICT_LATENCY=1 says that nothing else
// runs on the machine; elsewhere a tenfold bound still tells a stall from noise.
inline constexpr std::chrono::milliseconds promised_latency{5};
[[nodiscard]] std::chrono::milliseconds latency_bound(
    std::chrono::milliseconds promised = promised_latency);

class Phases {
 public:
  Phases(Server& server, QuietClient& quiet);

  // What went before belongs to no phase.
  void begin();
  // Fails the test if the 99th percentile of a phase of a thousand requests exceeds the promise:
  // of fewer it would be the slowest of all.
  void end(const char* name);
  // As end(), of all phases together, however short each was.
  void end_all();

 private:
  Server& server_;
  QuietClient& quiet_;
  std::chrono::steady_clock::time_point began_;
  Processor processor_;
  Spans all_;
};

}  // namespace pawl::testing

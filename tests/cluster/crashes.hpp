// SPDX-License-Identifier: Apache-2.0
//
// A cluster with TLS and users under load whose nodes crash, one at a time or all at once: by kill
// -9, or by a power cut that forgets what was not flushed. What was answered stays true.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pawl::testing {

struct CrashPlan {
  unsigned cycles = 0;
  std::uint64_t seed = 1;
};

struct CrashReport {
  std::string wrong;  // empty: nothing was lost
  unsigned cycles = 0;
  unsigned power_cuts = 0;  // of them
  unsigned of_all = 0;      // of every node at once
  std::size_t grants = 0;

  [[nodiscard]] std::string text() const;
};

[[nodiscard]] CrashReport run_crashes(const CrashPlan& plan);

}  // namespace pawl::testing

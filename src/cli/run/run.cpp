// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run.hpp"

#include <cstdlib>

#include "cli/run/child.hpp"
#include "cli/run/guard.hpp"
#include "cli/run/signals.hpp"
#include "cli/run/supervisor.hpp"

namespace pawl::cli {

int run(const RunOptions& options) {
  const std::vector<int> descriptors = inherited_descriptors();
  Signals signals;
  // Below another `pawl run` whoever kills pawl may be the outer one whose lock is lost: then there
  // is no time for a grace.
  const bool is_nested = std::getenv("PAWL_TOKEN") != nullptr;
  // Before anything else is open that it would hold open.
  Guard guard(is_nested ? Span::zero() : Span(options.policy.grace));
  Supervisor supervisor(options, signals, guard, descriptors);
  return supervisor.run();
}

}  // namespace pawl::cli

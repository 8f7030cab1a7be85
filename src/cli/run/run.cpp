// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run.hpp"

#include <poll.h>

#include <cstdlib>
#include <optional>

#include "cli/output.hpp"
#include "cli/run/child.hpp"
#include "cli/run/guard.hpp"
#include "cli/run/run_messages.hpp"
#include "cli/run/signals.hpp"
#include "cli/run/supervisor.hpp"

namespace pawl::cli {

namespace {

struct End {
  int code;
  bool was_lost;  // by the lock, and nobody asked for the end
};

End run_once(const RunOptions& options, const Signals& signals,
             const std::vector<int>& descriptors) {
  // Below another `pawl run` whoever kills pawl may be the outer one whose lock is lost: then there
  // is no time for a grace.
  const bool is_nested = std::getenv("PAWL_TOKEN") != nullptr;
  // Before anything else is open that it would hold open.
  Guard guard(is_nested ? Span::zero() : Span(options.policy.grace));
  Supervisor supervisor(options, signals, guard, descriptors);
  const int code = supervisor.run();
  return {code, supervisor.was_lost()};
}

// A signal ends the pause; it is for the next one to obey.
void pause(const Signals& signals) {
  constexpr int pause_ms = 500;
  pollfd readable{signals.descriptor(), POLLIN, 0};
  ::poll(&readable, 1, pause_ms);
}

}  // namespace

int run(const RunOptions& options) {
  const std::vector<int> descriptors = inherited_descriptors();
  const Signals signals;
  return run_once(options, signals, descriptors).code;
}

int elect(const RunOptions& options) {
  const std::vector<int> descriptors = inherited_descriptors();
  const Signals signals;
  for (bool has_led = false;;) {
    const End end = run_once(options, signals, descriptors);
    // Who has led knows that there are servers: they are away, and come back.
    if (!end.was_lost && !(has_led && end.code == exit_unreachable)) return end.code;
    has_led = true;
    if (end.was_lost) say("standing for " + names_text(options.locks) + " again");
    pause(signals);
  }
}

}  // namespace pawl::cli

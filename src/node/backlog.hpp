// SPDX-License-Identifier: Apache-2.0
//
// Decisions of the primary that are still to become records. Each record carries a bounded number
// of them, and a step makes few records: ten thousand waits that end with their connection, or a
// million leases that end together, never stall the loop.
#pragma once

#include <deque>

#include "base/ids.hpp"
#include "locks/record.hpp"

namespace pawl::node {

struct Backlog {
  struct EndedWait {
    ClaimNumber wait;
    locks::WaitEnd reason;
  };
  struct EndedSession {
    SessionId session;
    locks::SessionEnd reason;
  };

  std::deque<EndedWait> ended_waits;
  std::deque<ClaimNumber> unclaimed;
  std::deque<EndedSession> ended_sessions;
  std::deque<SessionId> sweeps;

  void clear() { *this = {}; }
  [[nodiscard]] bool empty() const {
    return ended_waits.empty() && unclaimed.empty() && ended_sessions.empty() && sweeps.empty();
  }
};

}  // namespace pawl::node

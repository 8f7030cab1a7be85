// SPDX-License-Identifier: Apache-2.0
//
// What a node has begun and not ended: each of these waits for a time, a record or a round.
#pragma once

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/reply.hpp"
#include "base/slab.hpp"
#include "locks/record.hpp"
#include "replication/message.hpp"

namespace pawl::node {

// A primary that begins gives every lease a deadline, some in each step.
struct Arming {
  Moment began;  // by the time that leases run on
  Slot next = 0;
};

// Said once a majority has agreed that this node is primary.
struct Unconfirmed {
  replication::Round round;
  Reply reply;
};

// Past its deadline; ends once `until` is applied, if no record up to there renewed it.
struct Judged {
  LogIndex until;
  Slot slot;
  Token token;        // of a lease
  SessionId session;  // of a session
  locks::SessionEnd reason;
};

// A request that must see what the record at `until` does.
struct Parked {
  ConnectionId connection;
  LogIndex until;
};

// … or that must not be granted yet.
struct HeldBack {
  ConnectionId connection;
  Moment deadline;  // of its wait
  bool resumed = false;
};

// A record of this step that nobody will read in the log: it is applied as it is.
struct Unwritten {
  LogIndex index;  // 0: none
  locks::Record record;
};

}  // namespace pawl::node

// SPDX-License-Identifier: Apache-2.0
//
// What one record did. The answer is for whoever sent it; the changes, in order, are for whoever
// keeps deadlines and tells the people concerned. Slots and names in them stay readable until the
// next apply.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "locks/entries.hpp"
#include "locks/record.hpp"

namespace pawl::locks {

enum class Verdict : std::uint8_t {
  none,     // a decision of the primary: nobody asked
  done,     // UNLOCK, BREAK, RENEW
  granted,  // LOCK: `acquisition` holds, anew or since before
  queued,   // LOCK: `acquisition` waits
  busy,
  mismatch,
  other_slots,  // LOCK: another number of slots counts there
  spent,        // the id was cancelled
  not_held,
  no_session,  // UNLOCK of a session's lock from elsewhere
  session_expired,
  opened,     // OPEN: `session`, new
  attached,   // OPEN: `session`, it was there
  closed,     // CLOSE: `released` locks
  no_slots,   // SLOTS: nobody holds or awaits one there
  deadlock,   // LOCK: it would wait for ever; `cycle` says for whom
  cancelled,  // CANCEL: that id is not and will not be granted
  yours,      // CANCEL: `acquisition` holds
};

struct Answer {
  Verdict verdict = Verdict::none;
  Slot acquisition = no_slot;
  Slot session = no_slot;
  Slot lock = no_slot;  // BUSY: which
  std::uint32_t released = 0;
};

enum class HoldEnd : std::uint8_t {
  unlocked,
  expired,
  broken,
  closed,        // its session was closed
  lapsed,        // its session expired
  disconnected,  // its session ended with its last connection
  max_hold,      // taken back
};

namespace change {

struct Granted {  // from the queue or at once; all its names
  Slot acquisition;
  bool from_queue;
};
struct Renewed {  // its lease starts anew, with its recorded TTL
  Slot acquisition;
};
struct Released {  // one name
  Slot acquisition;
  Token token;
  HoldEnd end;
};
struct Delayed {  // lost uncleanly, it delays who comes next
  Slot acquisition;
};
struct DelayEnded {
  Slot acquisition;
};
struct Claimed {  // made or taken up again: it has a new claim number
  Slot acquisition;
};
struct Unclaimed {
  Slot acquisition;
};
struct WaitEnded {
  Slot acquisition;
  WaitEnd end;
};
struct SessionOpened {
  Slot session;
};
struct SessionEnded {
  Slot session;
  SessionEnd end;
  std::uint32_t holds;
};
struct SessionSwept {
  SessionId session;
  bool more;
};

}  // namespace change

using Change =
    std::variant<change::Granted, change::Renewed, change::Released, change::Delayed,
                 change::DelayEnded, change::Claimed, change::Unclaimed, change::WaitEnded,
                 change::SessionOpened, change::SessionEnded, change::SessionSwept>;

struct Effects {
  Answer answer;
  std::vector<Change> changes;    // keeps its storage
  std::string cycle;              // of a deadlock: "s17 jobs/a → s21 jobs/b → s17"
  std::vector<Slot> cycle_locks;  // … the locks it names

  void clear() {
    answer = {};
    changes.clear();
    cycle.clear();
    cycle_locks.clear();
  }
};

}  // namespace pawl::locks

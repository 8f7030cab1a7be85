// SPDX-License-Identifier: Apache-2.0
//
// Everything that can happen to a replica (Event) and everything it may ask for (Actions). The
// owner performs the actions of a step before the next.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "replication/membership.hpp"
#include "replication/message.hpp"

namespace pawl::replication {

// The newest epoch this replica knows, and whom it voted for in it. One durable record (R1).
struct Ballot {
  Epoch epoch;
  std::optional<Member> voted_for;
  bool operator==(const Ballot&) const = default;
};

// Time has passed, or records were appended: what is due is sent.
struct Tick {};

struct Received {
  Member from;
  const Message* message = nullptr;  // read during the step only
};

// The own disk has everything up to `index`, as it was handed over after so many truncations.
struct Flushed {
  LogIndex index;
  std::uint64_t truncations = 0;
};

struct VoteStored {
  Ballot ballot;
};

// The connection to a peer ended: nothing that was sent on it arrives any more, either way.
struct PeerLost {
  Member peer;
};

// The owner did not come round for longer than the shortest election timeout. Said first thing
// after it; then come what the sockets hold, then a Tick (R11c).
struct LoopGap {};

// Make another member primary: this one, or the most complete.
struct HandOver {
  std::optional<Member> to;
};

// An operator's word in a pair: the other will not come back. The owner has made the new
// incarnation durable.
struct PromoteAlone {};

// Primary: the part that was asked for by `part_wanted`.
struct PartRead {
  Member to;
  message::SnapshotPart part;
};
// Standby: the part of `store_part` is taken; for the last one, the snapshot has its name and is on
// the disk, whole and checked (R13). Not ok: it was no part of a good snapshot; begin anew.
struct PartStored {
  bool ok = true;
};

// A connection to a peer began: how far it is, and whether it has ever taken part; of which
// incarnation it is, as this replica is too.
struct Met {
  Member peer;
  Epoch epoch;
  bool blank = false;
  std::uint64_t incarnation = 0;
};

using Event = std::variant<Tick, Received, Flushed, VoteStored, PeerLost, LoopGap, HandOver,
                           PromoteAlone, PartRead, PartStored, Met>;

struct Outgoing {
  Member to;
  Message message;
};

enum class StepDownReason : std::uint8_t {
  higher_epoch,  // another one is, or is about to be, primary
  handed_over,
  no_majority,  // nobody answered for an election timeout
  disk_stuck,   // the own disk flushed nothing for an election timeout
  gap,          // after a stall no majority confirmed it in time
  promoted,     // an operator made it the only voter
};

struct SteppedDown {
  StepDownReason reason = StepDownReason::higher_epoch;
  // Whose records are in the log and not applied, in order: they may come to be or not. Whatever
  // else waits for this replica has certainly not happened, rounds included.
  std::vector<Origin> unknown;
  // Handed over: who is about to be primary.
  std::optional<Member> to;
};

struct PartWanted {
  Member to;
  // Go on with this snapshot at this offset; offset 0: begin with the newest there is.
  EntryId upto;
  std::uint64_t offset = 0;
};

struct LoadSnapshot {
  EntryId upto;
  // What the disk's log has does not lead up to it: the log begins anew behind it.
  bool restarts_log = false;
};

struct Joined {
  bool damaged = false;
};

struct Actions {
  std::vector<Outgoing> messages;

  // Make this durable, then say VoteStored. What depends on it is kept back until then.
  std::optional<Ballot> store_vote;

  // What was handed over from here on is void; what replaces it is handed over next.
  std::optional<LogIndex> truncate_from;

  // The log has records to hand over: append, flush, say Flushed.
  bool append = false;

  // A majority made this replica primary: append the first record of the epoch by start_epoch(),
  // before the next step.
  std::optional<Epoch> elected;
  std::optional<SteppedDown> stepped_down;
  bool handover_failed = false;  // still primary, and appending again

  // Primary: read it, then say PartRead.
  std::vector<PartWanted> parts_wanted;
  // Standby: append it to the snapshot being received (offset 0: begin anew), then say PartStored.
  std::optional<message::SnapshotPart> store_part;
  // Standby: from here on the state is that of the snapshot just stored.
  std::optional<LoadSnapshot> load_snapshot;

  // A damaged replica has everything again and may vote.
  bool repaired = false;

  // A blank one takes part from now on, as a damaged one if others did before it: durable together
  // with `store_vote`.
  std::optional<Joined> joined;

  void clear() {
    messages.clear();
    store_vote.reset();
    truncate_from.reset();
    append = false;
    elected.reset();
    stepped_down.reset();
    handover_failed = false;
    parts_wanted.clear();
    store_part.reset();
    load_snapshot.reset();
    repaired = false;
    joined.reset();
  }
};

}  // namespace pawl::replication

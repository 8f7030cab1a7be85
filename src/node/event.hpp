// SPDX-License-Identifier: Apache-2.0
//
// Everything that can happen to a node (Event) and everything it may ask for (Actions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/reply.hpp"
#include "base/request.hpp"
#include "base/settings.hpp"

namespace pawl::node {

struct Connected {
  ConnectionId connection;
  std::string_view address;  // "127.0.0.1:40112", shown to operators
};

// No more requests will come from this connection, but answers can still be read (end of input).
// Its waits end, each with a reply; what is in the log is answered when it applies.
struct InputEnded {
  ConnectionId connection;
};

enum class DisconnectCause : std::uint8_t { client, server };  // server: drain, step-down, restart

struct Disconnected {
  ConnectionId connection;
  DisconnectCause cause = DisconnectCause::client;
};

struct ClientRequest {
  Origin from;
  const Request* request = nullptr;  // read during the step only
};

// Everything up to this index is as durable as `durability` asks.
struct Flushed {
  LogIndex index;
};

// The META file says so now: tokens up to the ceiling may be granted, TTLs up to the longest.
struct MetaStored {
  Token ceiling;
  Milliseconds longest_ttl{0};
};

// The part of a snapshot handed over last is taken: there is room for the next.
struct SnapshotPartTaken {};

// There is, or is not, room on the disk for more than what goes on anyway.
struct DiskSpace {
  bool full = false;
};

// Nothing but time has passed.
struct Tick {};

struct Configured {
  Settings settings;
};

// SIGTERM: waits end, no new record is made, what needs none is still answered.
struct Drain {};

using Event = std::variant<Tick, Connected, InputEnded, Disconnected, ClientRequest, Flushed,
                           MetaStored, SnapshotPartTaken, DiskSpace, Configured, Drain>;

// A piece of a snapshot: the table as it stood once the record at `index` was applied.
struct SnapshotPart {
  LogIndex index;
  Epoch epoch;
  bool first = false;
  bool last = false;
  std::string bytes;
};

// Filled by step, performed and cleared by the shell. The vectors keep their storage.
struct Actions {
  std::vector<Reply> replies;
  std::vector<Push> pushes;

  // The request just stepped must wait for a record of the log: step it again, as it was, once its
  // connection is named in `resumed`; until then step nothing else of this connection.
  bool parked = false;
  std::vector<ConnectionId> resumed;

  // Close after everything already due has been sent: the reply was QUIT's.
  std::vector<ConnectionId> closing;

  // Records were added to the log: take them with Node::hand_over, append, flush, say Flushed.
  bool append = false;

  // Make this durable, then say MetaStored.
  std::optional<MetaStored> store_meta;

  // Append this to the snapshot under way, in the background, then say SnapshotPartTaken.
  std::optional<SnapshotPart> snapshot;

  void clear() {
    replies.clear();
    pushes.clear();
    resumed.clear();
    closing.clear();
    parked = false;
    append = false;
    store_meta.reset();
    snapshot.reset();
  }
};

}  // namespace pawl::node

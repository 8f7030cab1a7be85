// SPDX-License-Identifier: Apache-2.0
//
// Everything that can happen to a node (Event) and everything it may ask for (Actions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/moment.hpp"
#include "base/reply.hpp"
#include "base/request.hpp"
#include "base/settings.hpp"
#include "replication/event.hpp"

namespace pawl::node {

struct Connected {
  ConnectionId connection;
  std::string_view address;  // "127.0.0.1:40112", shown to operators
};

// A certificate has said who it is: as an AUTH would, before any request. Unknown: nobody.
struct Identified {
  ConnectionId connection;
  std::string_view user;
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

// Everything up to this index is as durable as `durability` asks, as it was handed over after so
// many truncations (Replica::truncations()).
struct Flushed {
  LogIndex index;
  std::uint64_t truncations = 0;
};

// The META file says so now: tokens up to the ceiling may be granted, TTLs up to the longest.
struct MetaStored {
  Token ceiling;
  Milliseconds longest_ttl{0};
};

// The part of a snapshot handed over last is taken: there is room for the next.
struct SnapshotPartTaken {};

// A snapshot of its own making stands on the disk, whole: it can be read for a peer.
struct SnapshotSaved {
  LogIndex index;
};

// META says so: this node is the only voter from now on, under a new incarnation, and its ceiling
// is no lower than was asked for.
struct PromotionStored {};

// There is, or is not, room on the disk for more than what goes on anyway.
struct DiskSpace {
  bool full = false;
};

// Nothing but time has passed.
struct Tick {};

struct Configured {
  Settings settings;
};

// SIGTERM: waits end, no new record is made, what needs none is still answered. A primary that has
// peers hands over first.
struct Drain {};

// What peers and the disk say to the replica passes through as it is.
using Event =
    std::variant<Tick, Connected, Identified, InputEnded, Disconnected, ClientRequest, Flushed,
                 MetaStored, SnapshotPartTaken, SnapshotSaved, PromotionStored, DiskSpace,
                 Configured, Drain, replication::Received, replication::PeerLost, replication::Met,
                 replication::VoteStored, replication::PartRead, replication::PartStored>;

// A piece of a snapshot: the table as it stood once the record at `index` was applied.
struct SnapshotPart {
  LogIndex index;
  Epoch epoch;
  bool first = false;
  bool last = false;
  std::string head;  // of the first part: what the file's head says
  std::string bytes;
};

// What a node has become, in which epoch, and who is primary if it knows (a name).
struct RoleChange {
  Role role = Role::starting;
  Epoch epoch;
  std::string primary;
  std::string_view why{};  // a primary stepped down: the reason, for people
};

// Filled by step, performed and cleared by the shell. The vectors keep their storage.
struct Actions {
  std::vector<Reply> replies;
  std::vector<Push> pushes;
  std::vector<Announcement> announcements;
  // Behind those: said to connections that the node or the shell is about to close.
  std::vector<LastLine> last_lines;

  // The request just stepped must wait for a record of the log: step it again, as it was, once its
  // connection is named in `resumed`; until then step nothing else of this connection.
  bool parked = false;
  std::vector<ConnectionId> resumed;

  // The request just stepped is about another's hold, for which its user has the right.
  bool as_operator = false;

  // Close after everything already due has been sent: the reply was QUIT's, or the last line says
  // why.
  std::vector<ConnectionId> closing;

  // Records were added to the log: take them with Node::hand_over, append, flush, say Flushed.
  bool append = false;

  // Make this durable, then say MetaStored.
  std::optional<MetaStored> store_meta;

  // Append this to the snapshot under way, in the background, then say SnapshotPartTaken.
  std::optional<SnapshotPart> snapshot;

  // To peers, as far as they are connected; what cannot be sent is lost.
  std::vector<replication::Outgoing> messages;

  // Make this durable, then say VoteStored; in the order asked for. `joined`: in the same write,
  // that this node is blank no more, and whether it is a damaged replica.
  std::optional<replication::Ballot> store_vote;
  std::optional<replication::Joined> joined;
  // A damaged replica is whole: make durable that it may vote.
  bool repaired = false;

  // Read this part of the newest snapshot, then say PartRead; if there is none, say nothing.
  std::vector<replication::PartWanted> parts_wanted;
  // Append it to the snapshot coming in, in the background, then say PartStored.
  std::optional<replication::message::SnapshotPart> store_part;
  // What the log on disk holds does not lead up to the snapshot just stored: it begins anew behind
  // this, before anything is appended that this step or a later one hands over.
  std::optional<replication::EntryId> restart_log;

  // An operator's PROMOTE: make durable that this node alone votes, under a new incarnation, then
  // say PromotionStored.
  std::optional<Token> store_promotion;  // the ceiling, too: tokens go on above it

  // The part this node plays has changed: for the log file.
  std::optional<RoleChange> role;

  template <class Body>
  Reply& add_reply(Origin to, Body&& body) {
    Reply& reply = replies.emplace_back();
    reply.to = to;
    using What = std::remove_cvref_t<Body>;
    if constexpr (std::is_same_v<What, ReplyBody>) {
      reply.body = std::forward<Body>(body);
    } else {
      reply.body.template emplace<What>(std::forward<Body>(body));
    }
    return reply;
  }

  void clear() {
    replies.clear();
    pushes.clear();
    announcements.clear();
    last_lines.clear();
    resumed.clear();
    closing.clear();
    parked = false;
    as_operator = false;
    append = false;
    store_meta.reset();
    snapshot.reset();
    messages.clear();
    store_vote.reset();
    joined.reset();
    repaired = false;
    parts_wanted.clear();
    store_part.reset();
    restart_log.reset();
    store_promotion.reset();
    role.reset();
  }
};

}  // namespace pawl::node

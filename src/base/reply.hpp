// SPDX-License-Identifier: Apache-2.0
//
// What a client is told. Values only: the wire turns them into lines, the simulator reads them as
// they are. A string_view here is static text or belongs to the request being answered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/request.hpp"
#include "pawl/error.hpp"
#include "pawl/types.hpp"

namespace pawl {

enum class Role : std::uint8_t { starting, primary, standby, learner };

namespace reply {

struct Done {};  // OK
struct Pong {};
struct Bye {};
struct Authenticated {  // AUTH
  std::string user;
};
struct Help {};
struct Hello {
  std::string node;
  Role role = Role::starting;
  Epoch epoch;
};
struct Opened {
  std::string secret;
  SessionId handle;
  Milliseconds ttl{0};
  bool is_new = true;
};
struct Resumed {
  std::string secret;
  SessionId handle;
  Milliseconds ttl{0};
};
struct KeptAlive {
  Milliseconds ttl{0};
  std::uint32_t expired = 0;  // shown when not 0
};
struct Closed {
  std::uint32_t released = 0;
};
struct Granted {
  Token token;
  Milliseconds ttl{0};
};
struct Lasting {  // RENEW, VERIFY
  Milliseconds ttl{0};
};
struct Cancelled {
  bool cancelled = true;
  Token token;          // when not cancelled: it is yours
  Milliseconds ttl{0};  // likewise
};

struct Person {  // a holder or a waiter, as others may see it
  Mode mode = Mode::exclusive;
  Milliseconds since{0};
  SessionId session;  // 0: leased
  std::string client;
  std::string note;
  std::string address;
};
struct Holder : Person {
  Token token;
  Milliseconds expires_in{0};
  Milliseconds renewed{0};  // an age: since its lease or its session last began anew
};
struct Waiter : Person {
  std::uint32_t position = 0;  // from 1
};
struct Show {
  std::string name;
  std::vector<Holder> holders;
  std::vector<Waiter> waiters;
  std::uint64_t waiters_total = 0;
  Milliseconds delay{0};
};
struct LockLine {
  std::string name;
  Mode mode = Mode::exclusive;
  std::uint64_t holders = 0;
  std::uint64_t waiters = 0;
  Token token;  // the oldest holder's
  Milliseconds since{0};
  Milliseconds expires_in{0};
  Milliseconds delay{0};
};
struct List {
  std::vector<LockLine> locks;
  std::optional<std::string> next;
};
struct SessionLine {
  SessionId handle;
  std::string name;
  std::string address;
  Milliseconds ttl{0};
  Milliseconds expires_in{0};
  std::uint64_t locks = 0;
  std::uint64_t waits = 0;
  Milliseconds since{0};
};
struct Sessions {
  std::vector<SessionLine> sessions;
  std::optional<SessionId> next;
};
struct NodeLine {
  std::string id;
  Role role = Role::starting;
  std::uint64_t lag = 0;
  Milliseconds last_contact{0};
  bool witness = false;
  std::string client;  // host:port, where clients find it; empty: not told
};
struct Status {
  std::string node;
  Role role = Role::starting;
  Epoch epoch;
  LogIndex commit_index;
  std::uint64_t locks = 0;
  std::uint64_t sessions = 0;
  std::uint64_t waiters = 0;
  std::uint64_t connections = 0;
  Milliseconds uptime{0};
  std::vector<NodeLine> nodes;
};

struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string_view message;                // empty: none
  std::string_view limit;                  // LIMIT: which
  std::optional<std::uint64_t> waiters;    // BUSY
  std::optional<Milliseconds> expires_in;  // BUSY: the holder that lapses first
  std::optional<Milliseconds> delay;       // BUSY
  std::string primary;                     // NOT_PRIMARY: host:port, where known
  std::string cycle;                       // DEADLOCK: who waits for whom
};

}  // namespace reply

using ReplyBody =
    std::variant<reply::Done, reply::Pong, reply::Bye, reply::Help, reply::Hello, reply::Opened,
                 reply::Resumed, reply::KeptAlive, reply::Closed, reply::Granted, reply::Lasting,
                 reply::Cancelled, reply::Show, reply::List, reply::Sessions, reply::Status,
                 reply::Authenticated, reply::Error>;

struct Reply {
  Origin to;
  ReplyBody body;
};

enum class LossReason : std::uint8_t { expired, broken, max_hold, session };

namespace event {

struct LostLock {
  std::string name;
  Token token;
  LossReason reason = LossReason::expired;
};
struct LostSession {
  SessionId session;
  std::uint64_t locks = 0;
};
struct Watched {  // what became of a lock, for those who watch it
  enum class Kind : std::uint8_t { granted, released, expired, broken };
  std::string name;
  Token token;
  Kind kind = Kind::granted;
  std::string reason;  // expired: one word; broken: as the operator gave it
};

}  // namespace event

using EventBody = std::variant<event::LostLock, event::LostSession, event::Watched>;

// An EVENT line. It never overtakes the reply of the request that caused it on the same connection.
struct Push {
  ConnectionId connection;
  Origin cause;  // the request whose record caused it; none for the server's own decisions
  EventBody body;
};

// An EVENT line for all who watch a lock. Each is told in the order that these are made, and of
// what its own request caused behind the reply to it.
struct Announcement {
  Origin cause;
  event::Watched what;
  std::vector<ConnectionId> to;
};

// The last line of a connection, behind every reply that is due. It answers no request.
struct LastLine {
  ConnectionId connection;
  reply::Error error;
};

}  // namespace pawl

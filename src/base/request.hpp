// SPDX-License-Identifier: Apache-2.0
//
// What a client asks, already parsed and checked for form. Texts are views: into the read buffer or
// the parser's scratch, valid until the parser's next line. Ranges that depend on configuration
// (TTLs, limits) are the node's to judge.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "pawl/error.hpp"
#include "pawl/types.hpp"

namespace pawl {

enum class Mode : std::uint8_t { exclusive, shared, slot };
enum class OnDisconnect : std::uint8_t { keep, release };

using Names = std::span<const std::string_view>;

// wait=0 tries once; `forever` is the longest wait there is.
inline constexpr Milliseconds wait_forever = Milliseconds::max();

// What a ttl= that is no duration becomes: out of every range, so that the node, which knows the
// configured one, refuses it by name.
inline constexpr Milliseconds ttl_of_no_length{-1};

namespace request {

struct Hello {};
struct Help {};
struct Ping {};
struct Events {
  bool on = false;
};
struct Open {
  std::optional<Milliseconds> ttl;
  OnDisconnect on_disconnect = OnDisconnect::keep;
  std::string_view name;
  std::string_view id;      // chosen by the client; empty: the shell draws `secret`
  std::string_view secret;  // 128 random bits in hex, filled in by the shell when there is no id
  bool deadlock = true;
};
struct Resume {
  std::string_view secret;
};
struct KeepAlive {
  Names secrets;  // empty: this connection's session
};
struct Close {};
struct Lock {
  Names names;
  Milliseconds wait{0};
  std::optional<Milliseconds> ttl;
  std::string_view id;
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;  // 0: not given
  Milliseconds delay{0};
  std::optional<Milliseconds> max_hold;
  std::string_view note;
};
struct Unlock {
  Names names;
  Token token;
};
struct Renew {
  std::string_view name;
  Token token;
  std::optional<Milliseconds> ttl;
};
struct Verify {
  std::string_view name;
  Token token;
};
struct Cancel {
  std::string_view name;
  std::string_view id;
};
struct Show {
  std::string_view name;
  std::uint32_t after = 0;  // position of the last waiter seen
  std::uint32_t limit = 100;
};
enum class ListOrder : std::uint8_t { name, waiters };  // waiters: of those awaited, most first
struct List {
  ListOrder by = ListOrder::name;
  std::string_view prefix;
  std::string_view after;
  std::uint32_t limit = 100;
};
struct Sessions {
  SessionId after;
  std::uint32_t limit = 100;
};
struct Status {};
struct Watch {
  std::string_view prefix;  // empty: every lock
};
struct Unwatch {
  std::string_view prefix;  // empty: every watch of the connection
};
struct Slots {
  std::string_view name;
  std::uint32_t slots = 0;
};
struct Break {
  std::string_view name;
  Token token;
  std::string_view reason;
};
// A pair: this node goes on alone, without the one named.
struct Promote {
  std::string_view lost;
};
// To the node named; empty: to whichever has most.
struct Handover {
  std::string_view to;
};
struct Quit {};
struct Auth {
  std::string_view user;
  std::string_view secret;
  bool is_right = false;  // filled in by the shell, which knows secrets
};

// A line that is no request. It passes through the node because a malformed OPEN or RESUME leaves
// the connection without a session: the LOCK behind it must not silently become a leased lock.
struct Malformed {
  ErrorCode code = ErrorCode::bad_request;
  std::string_view message;
  bool of_session = false;  // the verb was OPEN or RESUME
};

}  // namespace request

using Request =
    std::variant<request::Malformed, request::Hello, request::Help, request::Ping, request::Events,
                 request::Open, request::Resume, request::KeepAlive, request::Close, request::Lock,
                 request::Unlock, request::Renew, request::Verify, request::Cancel, request::Show,
                 request::List, request::Sessions, request::Status, request::Watch,
                 request::Unwatch, request::Slots, request::Break, request::Promote,
                 request::Handover, request::Quit, request::Auth>;

// In the order of Request, as they are called in metrics and in the log.
inline constexpr std::array<std::string_view, std::variant_size_v<Request>> request_words{
    "malformed", "hello",   "help",     "ping",   "events", "open",    "resume",
    "keepalive", "close",   "lock",     "unlock", "renew",  "verify",  "cancel",
    "show",      "list",    "sessions", "status", "watch",  "unwatch", "slots",
    "break",     "promote", "handover", "quit",   "auth"};

}  // namespace pawl

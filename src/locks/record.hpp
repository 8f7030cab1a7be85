// SPDX-License-Identifier: Apache-2.0
//
// Everything that changes who holds or waits, as the log carries it: durations and decisions, never
// clock readings (`stamp_ms`, wall time, is for display; apply never judges by it). Each has its
// bytes in record_codec. Texts are views into those bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "base/ids.hpp"
#include "base/request.hpp"
#include "pawl/types.hpp"

namespace pawl::locks {

// Why a session ended. `expired` and `disconnected` are unclean; `closed` is not.
enum class SessionEnd : std::uint8_t { closed, expired, disconnected };

// Why a wait ended without a grant.
enum class WaitEnd : std::uint8_t {
  timeout,
  cancelled,
  disconnected,
  unclaimed,
  session,
  epoch,
  deadlock,  // found by the record that made or claimed it: never a decision
};

// A hold as a decision names it: the next holder of that name is never meant.
struct HoldName {
  std::string_view name;
  Token token;
};

namespace record {

// The first record of every epoch: waits become unclaimed, those without id end, and no token below
// the floor is granted again.
struct EpochStart {
  Token token_floor;
};

struct OpenSession {
  std::string_view user;
  std::string_view secret;
  std::string_view name;
  std::string_view address;
  std::uint32_t ttl_ms = 0;
  OnDisconnect on_disconnect = OnDisconnect::keep;
  bool deadlock = true;
  std::int64_t stamp_ms = 0;
};
struct CloseSession {
  SessionId session;
};
struct ExpireSession {
  Epoch decided_in;
  SessionId session;
  SessionEnd reason = SessionEnd::expired;
};
// The next slice of what a dead session left behind.
struct Sweep {
  SessionId session;
};

struct Lock {
  std::string_view user;
  SessionId session;  // 0: leased
  Names names;
  Mode mode = Mode::exclusive;
  std::uint32_t slots = 0;
  std::string_view id;
  bool wait = false;
  bool ttl_given = false;
  std::uint32_t ttl_ms = 0;
  std::uint32_t delay_ms = 0;
  std::uint32_t max_hold_ms = 0;  // 0: none
  std::string_view note;
  std::string_view address;  // of a leased holder; a session has its own
  std::int64_t stamp_ms = 0;
};
struct Unlock {
  std::string_view user;
  SessionId session;  // the connection's; 0: none
  Names names;
  Token token;
};
struct RenewTtl {
  std::string_view user;
  HoldName hold;
  std::uint32_t ttl_ms = 0;  // 0: the grant's own again
};
struct ExpireLeases {
  Epoch decided_in;
  std::span<const HoldName> holds;
};
struct EndWaits {
  Epoch decided_in;
  WaitEnd reason = WaitEnd::timeout;
  std::span<const ClaimNumber> waits;
};
struct Unclaim {
  Epoch decided_in;
  std::span<const ClaimNumber> waits;
};
struct Cancel {
  std::string_view user;
  SessionId session;
  std::string_view name;
  std::string_view id;
};
struct Break {
  std::string_view user;
  HoldName hold;
  std::string_view reason;
};
// The delays that these holds left behind are over.
struct EndDelays {
  Epoch decided_in;
  std::span<const HoldName> holds;
};
// They have held for as long as they may (max_hold).
struct TakeBack {
  Epoch decided_in;
  std::span<const HoldName> holds;
};
// How many a lock admits in mode=slot, until it is free.
struct SetSlots {
  std::string_view user;
  std::string_view name;
  std::uint32_t slots = 0;
};
// What the primary's state was at an earlier record. Changes nothing; whoever applies it compares.
struct StateHash {
  LogIndex index;
  std::uint64_t hash = 0;
};

}  // namespace record

using Record = std::variant<record::EpochStart, record::OpenSession, record::CloseSession,
                            record::ExpireSession, record::Sweep, record::Lock, record::Unlock,
                            record::RenewTtl, record::ExpireLeases, record::EndWaits,
                            record::Unclaim, record::Cancel, record::Break, record::StateHash,
                            record::SetSlots, record::EndDelays, record::TakeBack>;

// The most that one record may end, so that no record stalls the loop.
inline constexpr std::size_t sweep_locks = 1'000;

}  // namespace pawl::locks

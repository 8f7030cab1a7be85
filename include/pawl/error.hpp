// SPDX-License-Identifier: Apache-2.0
//
// The error codes of the protocol. All but no_quorum and internal are certain: the request that
// got them did nothing. Source of the meanings: src/wire/PROTOCOL.md, "Error codes".
#pragma once

#include <cstdint>
#include <string_view>

namespace pawl {

enum class ErrorCode : std::uint8_t {
  bad_request,
  unknown_command,
  too_long,
  mismatch,
  busy,
  timeout,
  cancelled,
  not_held,
  no_session,
  session_expired,
  deadlock,
  limit,
  disk_full,
  shutting_down,
  not_primary,
  no_quorum,
  unauthenticated,
  forbidden,
  internal,
};

// The word on the wire: BAD_REQUEST, NOT_HELD, …
[[nodiscard]] constexpr std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::bad_request: return "BAD_REQUEST";
    case ErrorCode::unknown_command: return "UNKNOWN_COMMAND";
    case ErrorCode::too_long: return "TOO_LONG";
    case ErrorCode::mismatch: return "MISMATCH";
    case ErrorCode::busy: return "BUSY";
    case ErrorCode::timeout: return "TIMEOUT";
    case ErrorCode::cancelled: return "CANCELLED";
    case ErrorCode::not_held: return "NOT_HELD";
    case ErrorCode::no_session: return "NO_SESSION";
    case ErrorCode::session_expired: return "SESSION_EXPIRED";
    case ErrorCode::deadlock: return "DEADLOCK";
    case ErrorCode::limit: return "LIMIT";
    case ErrorCode::disk_full: return "DISK_FULL";
    case ErrorCode::shutting_down: return "SHUTTING_DOWN";
    case ErrorCode::not_primary: return "NOT_PRIMARY";
    case ErrorCode::no_quorum: return "NO_QUORUM";
    case ErrorCode::unauthenticated: return "UNAUTHENTICATED";
    case ErrorCode::forbidden: return "FORBIDDEN";
    case ErrorCode::internal: return "INTERNAL";
  }
  return "INTERNAL";
}

// True if the request that got this error certainly did nothing.
[[nodiscard]] constexpr bool is_certain(ErrorCode code) {
  return code != ErrorCode::no_quorum && code != ErrorCode::internal;
}

}  // namespace pawl

// SPDX-License-Identifier: Apache-2.0
//
// A reply as a load generator reads it: in place, without a copy, and no more of it than tells
// whether the server did what was asked. What a server may add to a reply changes nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace pawl::cli::bench {

struct Answer {
  enum class Kind : std::uint8_t {
    done,     // a bare OK
    granted,  // OK with a token that is one, and with its lease
    lasting,  // OK with how long it lasts
    told,     // any other OK
    refused,  // ERR
    garbled,  // no reply of this protocol
  };
  Kind kind = Kind::garbled;
  std::uint64_t token = 0;  // of granted
  std::string_view text;    // the code of refused; what stands behind the OK of told
};

// `line` without its LF; `text` points into it.
[[nodiscard]] Answer read_answer(std::string_view line);

// The code under which an answer that is not the one expected is counted.
[[nodiscard]] std::string_view error_of(const Answer& answer);

// Codes of our own, beside the server's.
namespace code {
inline constexpr std::string_view unverified = "unverified";  // an OK that lacks what it must have
inline constexpr std::string_view garbled = "garbled";        // no reply of this protocol
inline constexpr std::string_view closed = "closed";          // the connection was lost
inline constexpr std::string_view silent = "silent";          // no reply, no connection in time
inline constexpr std::string_view unreached = "unreached";    // nobody could be connected to
}  // namespace code

}  // namespace pawl::cli::bench

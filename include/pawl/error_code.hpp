// SPDX-License-Identifier: Apache-2.0
//
// The errors of the client library, as boost::system::error_code of one category, "pawl": what a
// server answered (ErrorCode) and what only a client can say (ClientError). Compare with either:
//
//   if (error == pawl::ErrorCode::busy) …
//   if (error == pawl::ClientError::lost) …
//
// What was cancelled, by a cancellation slot, by a std::stop_token or by the end of its client, is
// boost::asio::error::operation_aborted. Thread-safe.
#pragma once

#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>

#include "pawl/error.hpp"

namespace pawl {

enum class ClientError : std::uint8_t {
  unreachable,  // no server said yes or no in time
  lost,         // it was held, and is not any more
};

// What was said along with an error: by a server, such as the cycle of a deadlock, or of each
// server that was not reached. For people; may be empty.
struct Diagnostics {
  std::string text;
};

[[nodiscard]] const boost::system::error_category& error_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(ErrorCode code) noexcept;
[[nodiscard]] boost::system::error_code make_error_code(ClientError code) noexcept;

}  // namespace pawl

template <>
struct boost::system::is_error_code_enum<pawl::ErrorCode> : std::true_type {};
template <>
struct boost::system::is_error_code_enum<pawl::ClientError> : std::true_type {};

// SPDX-License-Identifier: Apache-2.0
//
// The last lines of connections that the shell ends by itself, as PROTOCOL.md has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/admission.hpp"

namespace pawl::server {

inline constexpr std::string_view no_resp =
    "-ERR RESP is not served here; use the line protocol\r\n";

// Of a port that speaks nothing but TLS; `resp`: to a Redis client.
[[nodiscard]] std::string tls_only(bool resp);
[[nodiscard]] std::string too_long(std::uint32_t line_limit);
[[nodiscard]] std::string unread_output(std::uint64_t limit);
[[nodiscard]] std::string tag_in_use(std::string_view tag);
[[nodiscard]] std::string not_admitted(Admission::Verdict verdict);

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
//
// Where a server listens, as people write it: host:port, [::1]:port, or a host alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::client {

struct ServerAddress {
  std::string host;
  std::string port = "7295";
};

// Nothing if it is no address: empty host, a port that is not 1–65535, an unclosed bracket.
[[nodiscard]] std::optional<ServerAddress> parse_server_address(std::string_view text);

}  // namespace pawl::client

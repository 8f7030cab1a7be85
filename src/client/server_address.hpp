// SPDX-License-Identifier: Apache-2.0
//
// Where a server listens, as people write it: host:port, [::1]:port, or a host alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::client {

struct ServerAddress {
  std::string host;
  std::string port = "7295";

  bool operator==(const ServerAddress&) const = default;
};

// Nothing if it is no address: empty host or one with blanks or brackets, a port that is not
// 1–65535, an unclosed bracket.
[[nodiscard]] std::optional<ServerAddress> parse_server_address(std::string_view text);

// Addresses with commas between them. Nothing if one of them is no address, an empty one included.
[[nodiscard]] std::optional<std::vector<ServerAddress>> parse_server_addresses(
    std::string_view text);

// host:port, or [::1]:port.
[[nodiscard]] std::string to_text(const ServerAddress& address);

}  // namespace pawl::client

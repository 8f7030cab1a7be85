// SPDX-License-Identifier: Apache-2.0
//
// How values are written in the configuration: 250ms 30s 5m 2h, 64KiB 1MiB 2GiB, host:port.
// Nothing is guessed: a duration without a unit is wrong. What format_… writes, parse_… reads.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "pawl/types.hpp"

namespace pawl::server {

// Why a value was not taken, for a person: "'30' needs a unit: …".
struct Wrong {
  std::string why;
  bool operator==(const Wrong&) const = default;
};

template <class T>
using Parsed = boost::system::result<T, Wrong>;

// A host name, an IPv4 or an IPv6 address (without brackets) and a port; port 0 takes a free one.
struct Address {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
};

[[nodiscard]] Parsed<Milliseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(Milliseconds span);

// Bytes.
[[nodiscard]] Parsed<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] std::string format_size(std::uint64_t bytes);

[[nodiscard]] Parsed<std::uint64_t> parse_count(std::string_view text);

[[nodiscard]] Parsed<Address> parse_address(std::string_view text);
[[nodiscard]] std::string format_address(const Address& address);

// A node or a cluster: 1 to 63 of A-Z a-z 0-9 . _ -
[[nodiscard]] Parsed<std::string> parse_name(std::string_view text);

// Plain where every YAML reader takes it for a string or number, in double quotes otherwise.
[[nodiscard]] std::string yaml_scalar(const std::string& text);

// In quotes, control bytes as \xNN: what a stranger wrote never steers the terminal.
[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
#include "client/server_address.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace pawl::client {
namespace {

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && rest == end && port != 0;
}

// A control, a blank or a bracket is in no host, however it came here.
bool is_host(std::string_view text) {
  const auto may_stand = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '[' && c != ']';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), may_stand);
}

}  // namespace

std::optional<ServerAddress> parse_server_address(std::string_view text) {
  ServerAddress address;
  std::string_view host = text;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (!rest.empty()) {
      if (rest.front() != ':') return std::nullopt;
      port = rest.substr(1);
    }
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (!is_host(host) || (port && !is_port(*port))) return std::nullopt;
  address.host = host;
  if (port) address.port = *port;
  return address;
}

std::optional<std::vector<ServerAddress>> parse_server_addresses(std::string_view text) {
  std::vector<ServerAddress> addresses;
  for (;;) {
    const std::size_t comma = text.find(',');
    auto address = parse_server_address(text.substr(0, comma));
    if (!address) return std::nullopt;
    addresses.push_back(std::move(*address));
    if (comma == text.npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

std::string to_text(const ServerAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" + address.port;
}

}  // namespace pawl::client

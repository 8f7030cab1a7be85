// SPDX-License-Identifier: Apache-2.0
#include "server/config/values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace pawl::server {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Greatest first: the first that divides a value is the one to write it in.
constexpr std::array duration_units{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                                    Unit{"ms", 1}};
constexpr std::array size_units{Unit{"TiB", 1ULL << 40}, Unit{"GiB", 1ULL << 30},
                                Unit{"MiB", 1ULL << 20}, Unit{"KiB", 1ULL << 10}, Unit{"B", 1}};

// Milliseconds are signed.
constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();

struct Amount {
  std::uint64_t number = 0;
  std::string_view unit;
};

enum class Trouble { none, no_number, too_large };

Trouble split(std::string_view text, Amount& amount) {
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, amount.number);
  if (error == std::errc::result_out_of_range) return Trouble::too_large;
  if (error != std::errc{}) return Trouble::no_number;
  amount.unit = std::string_view(rest, static_cast<std::size_t>(end - rest));
  return amount.number > most ? Trouble::too_large : Trouble::none;
}

template <class Units>
const Unit* find_unit(const Units& units, std::string_view name) {
  const auto found = std::find_if(units.begin(), units.end(),
                                  [name](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

template <class Units>
std::string format_in(const Units& units, std::uint64_t value) {
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0) {
      return std::to_string(value / unit.factor) + std::string(unit.name);
    }
  }
  return "0" + std::string(units.back().name);
}

Wrong too_large(std::string_view text) { return {quoted(text) + " is too large"}; }

bool is_ip(int family, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, host.c_str(), address.data()) == 1;
}

bool is_host_name(std::string_view host) {
  const auto allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_';
  };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), allowed);
}

bool is_host(const std::string& host, bool brackets) {
  if (brackets) return is_ip(AF_INET6, host);
  // Digits and dots alone can only be meant as an IPv4 address: 127.0.0.999 is no host name.
  if (host.find_first_not_of("0123456789.") == std::string::npos) return is_ip(AF_INET, host);
  return is_host_name(host);
}

}  // namespace

Parsed<Milliseconds> parse_duration(std::string_view text) {
  Amount amount;
  const Trouble trouble = split(text, amount);
  if (trouble == Trouble::too_large) return too_large(text);
  if (trouble == Trouble::none && amount.unit.empty()) {
    const std::string number(text);
    return Wrong{quoted(text) + " needs a unit: " + number + "ms, " + number + "s, " + number +
                 "m or " + number + "h"};
  }
  const Unit* unit = trouble == Trouble::none ? find_unit(duration_units, amount.unit) : nullptr;
  if (unit == nullptr) {
    return Wrong{quoted(text) + " is not a duration such as 250ms, 30s, 5m or 2h"};
  }
  if (amount.number > most / unit->factor) return too_large(text);
  return Milliseconds{static_cast<std::int64_t>(amount.number * unit->factor)};
}

std::string format_duration(Milliseconds span) {
  return format_in(duration_units, static_cast<std::uint64_t>(span.count()));
}

Parsed<std::uint64_t> parse_size(std::string_view text) {
  Amount amount;
  const Trouble trouble = split(text, amount);
  if (trouble == Trouble::too_large) return too_large(text);
  if (trouble == Trouble::none && amount.unit.empty()) return amount.number;
  const Unit* unit = trouble == Trouble::none ? find_unit(size_units, amount.unit) : nullptr;
  if (unit == nullptr) {
    return Wrong{quoted(text) + " is not a size such as 64KiB, 1MiB, 2GiB or plain bytes"};
  }
  if (amount.number > most / unit->factor) return too_large(text);
  return amount.number * unit->factor;
}

std::string format_size(std::uint64_t bytes) { return format_in(size_units, bytes); }

Parsed<std::uint64_t> parse_count(std::string_view text) {
  Amount amount;
  const Trouble trouble = split(text, amount);
  if (trouble == Trouble::too_large) return too_large(text);
  if (trouble == Trouble::no_number || !amount.unit.empty()) {
    return Wrong{quoted(text) + " is not a whole number"};
  }
  return amount.number;
}

Parsed<Address> parse_address(std::string_view text) {
  const Wrong wrong{quoted(text) + " is not an address such as 127.0.0.1:7295 or [::1]:7295"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const Parsed<std::uint64_t> port = parse_count(text.substr(colon + 1));
  if (!port) return wrong;
  if (*port > 65'535) return Wrong{quoted(text) + ": a port is at most 65535"};
  Address address{std::string(host), static_cast<std::uint16_t>(*port)};
  if (!is_host(address.host, brackets)) return wrong;
  return address;
}

std::string format_address(const Address& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return (brackets ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

Parsed<std::string> parse_name(std::string_view text) {
  const auto allowed = [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-';
  };
  if (text.empty() || text.size() > 63 || !std::all_of(text.begin(), text.end(), allowed)) {
    return Wrong{quoted(text) + " is not a name of 1 to 63 of A-Z a-z 0-9 . _ -"};
  }
  return {boost::system::in_place_value, text};
}

std::string yaml_scalar(const std::string& text) {
  constexpr std::array<std::string_view, 9> words{"null", "Null", "NULL", "true", "false",
                                                  "yes",  "no",   "on",   "off"};
  const bool plain = !text.empty() &&
                     std::all_of(text.begin(), text.end(),
                                 [](char byte) {
                                   return (byte >= 'a' && byte <= 'z') ||
                                          (byte >= 'A' && byte <= 'Z') ||
                                          (byte >= '0' && byte <= '9') || byte == '.' ||
                                          byte == '_' || byte == '-' || byte == '/' || byte == ':';
                                 }) &&
                     text.front() != '-' && text.front() != ':' && text.back() != ':' &&
                     std::find(words.begin(), words.end(), text) == words.end();
  if (plain) return text;
  std::string out = "\"";
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') out += '\\';
    out += byte;
  }
  return out + '"';
}

std::string printable(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0x20 && value != 0x7f) {
      out += byte;
    } else {
      out += {'\\', 'x', hex[value >> 4U], hex[value & 0x0fU]};
    }
  }
  return out;
}

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

}  // namespace pawl::server

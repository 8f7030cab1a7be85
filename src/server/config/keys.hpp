// SPDX-License-Identifier: Apache-2.0
//
// The one table of configuration keys. The file, --set, the environment, --print-config and the
// suggestions all read it; a new key is one row here, one line in config/pawld.yaml, nothing else.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/config.hpp"

namespace pawl::server {

// Where a value lives in a Config.
template <class T>
struct Place {
  T& (*in)(Config&);
  const T& (*of)(const Config&);
};

struct NodeName {
  Place<std::string> place;
};
struct NameOrNone {
  Place<std::string> place;
};
// Lists: in the file as lines or in brackets, elsewhere in brackets.
struct NodeList {
  Place<std::vector<ClusterPeer>> place;
};
struct RoleList {
  Place<std::vector<RoleEntry>> place;
};
struct UserList {
  Place<std::vector<UserEntry>> place;
};
struct WordList {
  Place<std::vector<std::string>> place;
};
struct Directory {
  Place<std::string> place;
};
// The path of a file; empty: none.
struct FileOrNone {
  Place<std::string> place;
};
struct HostAndPort {
  Place<Address> place;
};
// Nothing: no port is opened, written `none`.
struct HostAndPortOrNone {
  Place<std::optional<Address>> place;
};
struct Duration {
  Place<Milliseconds> place;
  Milliseconds least;
  Milliseconds most;
};
// Nothing: pawld works it out by itself.
struct DurationOrAuto {
  Place<std::optional<Milliseconds>> place;
  Milliseconds most;
};
template <class Unsigned>
struct Count {
  Place<Unsigned> place;
  std::uint64_t least;
  std::uint64_t most;
};
template <class Unsigned>
struct Size {
  Place<Unsigned> place;
  std::uint64_t least;
  std::uint64_t most;
};
template <class Enum>
struct Choice {
  Place<Enum> place;
};

using Kind = std::variant<NodeName, NameOrNone, NodeList, RoleList, UserList, WordList, Directory,
                          FileOrNone, HostAndPort, HostAndPortOrNone, Duration, DurationOrAuto,
                          Count<std::uint32_t>, Count<std::uint64_t>, Size<std::uint32_t>,
                          Size<std::uint64_t>, Choice<Durability>, Choice<LogLevel>,
                          Choice<LogFormat>, Choice<Switch>, Choice<MissingTtl>, Choice<TlsClients>,
                          Choice<ClientCertificates>>;

enum class Change : std::uint8_t { on_restart, on_reload };

struct Key {
  std::string_view name;     // "leases.default_ttl": a section at most, then a word
  std::string_view meaning;  // one line
  Change change;             // what it takes to change it: SIGHUP reloads, or a restart
  Kind kind;
};

[[nodiscard]] std::span<const Key> keys();
[[nodiscard]] const Key* find_key(std::string_view name);
[[nodiscard]] std::string_view section_of(const Key& key);  // "leases"; empty at the top
[[nodiscard]] std::string_view word_of(const Key& key);     // "default_ttl"
[[nodiscard]] std::string variable_of(const Key& key);      // "PAWL_LEASES_DEFAULT_TTL"
[[nodiscard]] std::string unit_of(const Key& key);          // "duration, 50ms to 24h"

[[nodiscard]] bool is_list(const Key& key);

[[nodiscard]] std::string format_value(const Key& key, const Config& config);
// Reads a value into its place; a wrong one is told why, and config stays as it was.
[[nodiscard]] std::optional<Wrong> parse_value(const Key& key, std::string_view text,
                                               Config& config);

// The candidate that was probably meant, or nothing: at most one slip in three letters.
[[nodiscard]] std::string_view nearest(std::string_view text,
                                       const std::vector<std::string_view>& candidates);
// " (did you mean 'x'?)", or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view text,
                                       const std::vector<std::string_view>& candidates);

}  // namespace pawl::server

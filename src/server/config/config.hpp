// SPDX-License-Identifier: Apache-2.0
//
// The whole configuration of one pawld, as values. The defaults stand here and in
// base/settings.hpp; keys.hpp gives each value its name, unit, range and meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/settings.hpp"
#include "server/config/values.hpp"
#include "server/log.hpp"

namespace pawl::server {

struct Listen {
  Address client{"127.0.0.1", 7295};
  Address peer{"127.0.0.1", 7296};
  std::optional<Address> http{{"127.0.0.1", 7297}};  // nothing: not served
  bool operator==(const Listen&) const = default;
};

// One of cluster.nodes: its addresses, as the others and the clients find it.
struct ClusterPeer {
  std::string id;
  Address peer;
  std::optional<Address> client;  // nothing: a witness
  bool operator==(const ClusterPeer&) const = default;
};

enum class Switch : std::uint8_t { off, on };
enum class MissingTtl : std::uint8_t { cap, reject };

// What Redis clients are served.
struct Resp {
  Switch enabled = Switch::on;
  MissingTtl missing_ttl = MissingTtl::cap;
  Milliseconds ttl_cap{3'600'000};
  Switch allow_unowned = Switch::off;
  Switch forward = Switch::off;
};

enum class TlsClients : std::uint8_t { both, only, off };
enum class ClientCertificates : std::uint8_t { ignored, optional, required };

// Paths of PEM files. Without a certificate nothing of it is on.
struct Tls {
  std::string certificate;
  std::string key;
  std::string ca;
  TlsClients clients = TlsClients::both;  // both: whoever begins with a TLS hello speaks it
  ClientCertificates client_certificates = ClientCertificates::ignored;
  Switch peers = Switch::off;
  Switch http = Switch::off;

  [[nodiscard]] bool is_on() const { return !certificate.empty(); }
  [[nodiscard]] bool serves_clients() const { return is_on() && clients != TlsClients::off; }
};

// What one may do whoever has this role: on names that begin with one of the prefixes.
struct RoleEntry {
  std::string name;
  std::vector<std::string> lock;
  std::vector<std::string> shared;
  std::vector<std::string> observe;
  std::vector<std::string> break_lock;
  std::vector<std::string> admin;
};

struct UserEntry {
  std::string name;
  std::vector<access::Digest> secrets;
  std::string secret_file;  // holds one more, as it is; empty: none
  std::vector<std::string> roles;
};

struct Security {
  Switch insecure = Switch::off;  // ports may be open to others though nobody says who it is
  std::vector<RoleEntry> roles;
  std::vector<UserEntry> users;
  std::vector<std::string> anonymous;  // the roles of who has not said
};

// What a port is told that is open to others, where everybody may do everything.
inline constexpr std::string_view open_to_all =
    "can be reached from other machines, and everybody there could do everything: configure "
    "security.users, or write security.insecure: true";

inline constexpr std::string_view open_to_false_peers =
    "can be reached from other machines, and anybody there could pass for a node of the cluster: "
    "turn on tls.peers, or write security.insecure: true";

struct Config {
  Settings core{.durability = Durability::fsync};
  std::string data_dir = "/var/lib/pawl";
  Listen listen;
  std::string cluster_id;                  // empty only without cluster_peers
  std::vector<ClusterPeer> cluster_peers;  // in the order of core.cluster.nodes, one for one
  Resp resp;
  Tls tls;
  Security security;  // core.access is made of it
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::automatic;
};

// Equal means: every key of the table has the same value.
[[nodiscard]] bool operator==(const Config& left, const Config& right);

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
#include "server/config/cluster.hpp"

#include <algorithm>

#include "server/config/checks.hpp"

namespace pawl::server {

namespace {

// A holder must be able to renew after an election, and that after one which came to nothing.
Milliseconds least_ttl(Milliseconds election) {
  constexpr Milliseconds second{1'000};
  return std::max(second, (2 * 9 * election + Milliseconds{4}) / 5);
}

bool is_default(const Effective& effective, const Key& key) {
  return effective.is_sound(key) && effective.origin_of(key) == "default";
}

bool has_nodes(const Effective& effective) {
  return effective.is_sound(key_named("cluster.nodes")) && !effective.config.cluster_peers.empty();
}

// Where the cluster comes from, for what nobody set.
const std::string& origin(const Effective& effective) {
  return effective.origin_of(key_named("cluster.nodes"));
}

void follow(Effective& effective, std::string_view name, const Address& address) {
  const Key& key = key_named(name);
  if (is_default(effective, key)) {
    effective.take(key, format_address(address), origin(effective));
  }
}

// At the key's own place, or where the cluster comes from.
void complain_of(Effective& effective, std::string_view name, const std::string& what) {
  const Key& key = key_named(name);
  if (!effective.is_sound(key)) return;
  const std::string place =
      is_default(effective, key) ? origin(effective) : effective.origin_of(key);
  effective.complain(place, what);
}

void check_own_entry(Effective& effective) {
  if (own_entry(effective.config) != nullptr) return;
  std::string ids;
  for (const ClusterPeer& node : effective.config.cluster_peers) {
    ids += (ids.empty() ? "" : ", ") + node.id;
  }
  complain_of(effective, "node",
              shown(effective, key_named("node")) + " is none of cluster.nodes: " + ids);
}

}  // namespace

const ClusterPeer* own_entry(const Config& config) {
  const auto& nodes = config.cluster_peers;
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const ClusterPeer& node) {
    return node.id == config.core.node;
  });
  return found == nodes.end() ? nullptr : &*found;
}

void settle_cluster(Effective& effective) {
  if (!has_nodes(effective)) return;
  Config& config = effective.config;
  for (const ClusterPeer& node : config.cluster_peers) {
    config.core.cluster.nodes.push_back(
        {node.id, node.client ? format_address(*node.client) : "", !node.client});
  }
  if (const ClusterPeer* own = own_entry(config)) {
    follow(effective, "listen.peer", own->peer);
    if (own->client) follow(effective, "listen.client", *own->client);
  }
  const Key& min_ttl = key_named("leases.min_ttl");
  const Key& election = key_named("cluster.election");
  if (is_default(effective, min_ttl) && effective.is_sound(election)) {
    effective.take(
        min_ttl, format_duration(least_ttl(config.core.cluster.election)),
        is_default(effective, election) ? origin(effective) : effective.origin_of(election));
  }
}

void check_cluster(Effective& effective) {
  const Config& config = effective.config;
  const Cluster& cluster = config.core.cluster;
  const Key& heartbeat = key_named("cluster.heartbeat");
  const Key& election = key_named("cluster.election");
  const bool sound = effective.is_sound(election);
  if (sound && effective.is_sound(heartbeat) && cluster.heartbeat > cluster.election / 5) {
    complain_of_pair(effective, heartbeat, "is above a fifth of", election);
  }
  if (!has_nodes(effective)) return;
  if (config.cluster_id.empty()) {
    complain_of(effective, "cluster.id", "cluster.id is missing: a cluster needs a name");
  }
  if (effective.is_sound(key_named("node"))) check_own_entry(effective);
  if (config.core.durability != Durability::fsync) {
    complain_of(effective, "durability",
                shown(effective, key_named("durability")) +
                    " does not go with cluster.nodes: a vote that is forgotten makes two "
                    "primaries, only fsync will do");
  }
  const Milliseconds least = least_ttl(cluster.election);
  if (sound && config.core.leases.min_ttl < least) {
    complain_of(effective, "leases.min_ttl",
                shown(effective, key_named("leases.min_ttl")) + " is below " +
                    format_duration(least) + ", what a change of the primary may take");
  }
}

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
//
// What cluster.nodes means for the other keys: where this node listens, how short a lease may be,
// and what contradicts a cluster.
#pragma once

#include "server/config/effective.hpp"

namespace pawl::server {

// This node's own entry; null without cluster.nodes.
[[nodiscard]] const ClusterPeer* own_entry(const Config& config);

// What nobody set follows from cluster.nodes: listen.client and listen.peer are those of the own
// entry, leases.min_ttl the shortest that outlives a change of the primary. Fills
// core.cluster.nodes.
void settle_cluster(Effective& effective);

void check_cluster(Effective& effective);

}  // namespace pawl::server

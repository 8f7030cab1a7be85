// SPDX-License-Identifier: Apache-2.0
//
// The value of cluster.nodes, in the order of the ids however it was written:
// [{id: n1, peer: host:7296, client: host:7295}, {id: w, peer: host:7306, witness: true}].
// What format_nodes writes, parse_nodes reads. All that is wrong within the list is told at once.
#pragma once

#include <yaml-cpp/mark.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.hpp"

namespace YAML {
class Node;
}

namespace pawl::server {

struct NodeFault {
  YAML::Mark mark;
  std::string why;
};
struct ReadNodes {
  std::vector<ClusterPeer> nodes;  // of no use with a fault
  std::vector<NodeFault> faults;
};

[[nodiscard]] ReadNodes read_nodes(const YAML::Node& list);

[[nodiscard]] Parsed<std::vector<ClusterPeer>> parse_nodes(std::string_view text);
[[nodiscard]] std::string format_nodes(const std::vector<ClusterPeer>& nodes);

}  // namespace pawl::server

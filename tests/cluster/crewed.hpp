// SPDX-License-Identifier: Apache-2.0
//
// Three nodes and a crew that locks there all the while.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "cluster/cluster.hpp"
#include "cluster/crew.hpp"

namespace pawl::testing {

class CrewedCluster {
 public:
  explicit CrewedCluster(unsigned clients = 4, const std::array<Start, Cluster::size>& starts = {})
      : cluster(starts), crew_(clients, cluster.addresses(), clients) {}

  // So many more requests were answered OK, or something cannot be true.
  void await_successes(std::uint64_t count = 200) {
    const std::uint64_t goal = crew_.counters().successes + count;
    Cluster::await(
        [&] { return crew_.counters().successes >= goal || !crew_.judge().first_wrong().empty(); },
        "the clients going on\n" + cluster.logs());
  }
  // They still go on, then come home. What cannot be true of all they were told; empty: nothing.
  [[nodiscard]] std::string end() {
    await_successes();
    crew_.stop();
    return crew_.judge().first_wrong();
  }

  Cluster cluster;

 private:
  Crew crew_;
};

}  // namespace pawl::testing

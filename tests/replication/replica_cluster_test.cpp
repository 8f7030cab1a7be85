// SPDX-License-Identifier: Apache-2.0
//
// Whole clusters from seeds. A seed that fails is replayed by `replication_seeds SEED 1`.
#include <catch2/catch.hpp>
#include <iostream>

#include "cluster.hpp"
#include "simulation/broken_law.hpp"

namespace pawl::replication {
namespace {

TEST_CASE("whatever network, disks and crashes do, nothing committed is lost and all recover") {
  Summary total;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    INFO("seed " << seed);
    try {
      Summary one = Cluster{seed}.run();
      total.committed += one.committed;
      total.elections += one.elections;
      total.confirmed += one.confirmed;
      total.snapshots += one.snapshots;
      total.repairs += one.repairs;
      total.handovers += one.handovers;
    } catch (const BrokenPromise& promise) {
      FAIL(promise.text);
    } catch (const simulation::BrokenLaw& law) {
      FAIL(law.text);
    }
  }
  // They were asked what they are there for.
  CHECK(total.committed > 100'000);
  CHECK(total.elections > 1'000);
  CHECK(total.confirmed > 50'000);
  CHECK(total.snapshots > 100);
  CHECK(total.repairs > 50);
  CHECK(total.handovers > 50);
}

}  // namespace
}  // namespace pawl::replication

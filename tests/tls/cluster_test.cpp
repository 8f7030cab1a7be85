// SPDX-License-Identifier: Apache-2.0
//
// Three nodes that speak TLS to each other: they elect, replicate and fail over as without.
#include "cluster/cluster.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tls/certificates.hpp"

namespace {

using namespace pawl;

struct Secured {
  test::Certificates certificates{"test"};

  std::array<testing::Start, testing::Cluster::size> starts() {
    std::array<testing::Start, testing::Cluster::size> all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = start(i);
    return all;
  }
  testing::Start start(std::size_t node) {
    const auto own = certificates.node("n" + std::to_string(node + 1));
    testing::Start how;
    for (const std::string& setting :
         {"tls.certificate=" + own.certificate, "tls.key=" + own.key, "tls.ca=" + certificates.ca(),
          std::string("tls.peers=on")}) {
      how.settings.insert(how.settings.end(), {"--set", setting});
    }
    return how;
  }
};

}  // namespace

TEST_CASE("a cluster whose peers speak TLS elects, replicates and fails over") {
  Secured secured;
  testing::Cluster cluster(secured.starts());
  const std::size_t first = cluster.await_primary();
  cluster.await_all();
  CHECK(cluster.ask(first, "LOCK a ttl=1h").value_or("").starts_with("OK token="));
  cluster.kill(first);
  const std::size_t second = cluster.await_primary(first);
  CHECK(cluster.ask(second, "LOCK a").value_or("").starts_with("ERR BUSY"));
  cluster.start(first, secured.start(first));
  cluster.await_caught_up(first);
  cluster.move_primary(first);
  CHECK(cluster.ask(first, "LOCK a").value_or("").starts_with("ERR BUSY"));
}

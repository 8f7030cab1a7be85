// SPDX-License-Identifier: Apache-2.0
//
// What stood on the disk of one of three has changed while it was down: META or a snapshot rotted,
// or is a newer program's. The others go on; the node says what is wrong and what to do, or mends
// it by itself, and comes back. Of the log: rejoin_test.cpp.
#include <catch2/catch.hpp>
#include <filesystem>
#include <span>

#include "cluster/crewed.hpp"
#include "cluster/files.hpp"
#include "journal/preamble.hpp"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;

// A standby that is down, with at least one record in its log.
std::size_t a_standby_down(CrewedCluster& crewed) {
  crewed.await_successes(500);
  const std::size_t node = (crewed.cluster.await_primary() + 1) % Cluster::size;
  crewed.cluster.kill(node);
  return node;
}

void check_comes_back(CrewedCluster& crewed, std::size_t node) {
  crewed.cluster.start(node);
  crewed.cluster.await_caught_up(node);
  CHECK(crewed.end() == "");
}

// As a newer program would have written it.
void make_newer(const std::string& path) {
  std::string bytes = bytes_of(path);
  const std::span preamble =
      std::as_writable_bytes(std::span(bytes)).first(journal::preamble_bytes);
  journal::store32(preamble, 8, 99);
  const std::uint64_t sum = journal::checksum(journal::Bytes(preamble).first(12), 0);
  journal::store32(preamble, 12, static_cast<std::uint32_t>(sum));
  put_bytes(path, bytes);
}

}  // namespace

TEST_CASE("a node of which one half of META rotted comes back as if nothing were") {
  CrewedCluster crewed;
  const std::size_t node = a_standby_down(crewed);
  flip(crewed.cluster.data(node) + "/META", GENERATE(50U, 4096U + 50U), 8);

  check_comes_back(crewed, node);
}

TEST_CASE("a node whose META rotted says how to begin anew, and then rejoins") {
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  const std::size_t node = a_standby_down(crewed);
  flip(cluster.data(node) + "/META", 50, 8);
  flip(cluster.data(node) + "/META", 4096 + 50, 8);

  cluster.start(node);

  CHECK(cluster.await_exit(node) == 65);
  INFO(cluster.log(node));
  CHECK(says(cluster, node, cluster.data(node) + ": META is missing or damaged"));
  CHECK(says(cluster, node, "Empty the directory: the node then joins its cluster as new"));
  crewed.await_successes();
  fs::remove_all(cluster.data(node));
  check_comes_back(crewed, node);
}

TEST_CASE("a node with a newer program's files refuses them, the others go on") {
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  const std::size_t primary = cluster.await_primary();
  outgrow_log(cluster, primary);
  cluster.move_primary((primary + 1) % Cluster::size);
  crewed.await_successes();
  cluster.kill(primary);
  const std::string file = newest_file(cluster.data(primary), GENERATE("snap-", "wal-", "META"));
  const std::string before = bytes_of(file);
  make_newer(file);

  cluster.start(primary);

  CHECK(cluster.await_exit(primary) == 65);
  INFO(cluster.log(primary));
  CHECK(says(cluster, primary, file));
  CHECK(says(cluster, primary, "newer than this program"));
  crewed.await_successes();
  put_bytes(file, before);
  check_comes_back(crewed, primary);
}

TEST_CASE("a node whose snapshot rotted mends itself while clients go on") {
  CrewedCluster crewed;
  Cluster& cluster = crewed.cluster;
  const std::size_t primary = cluster.await_primary();
  outgrow_log(cluster, primary);
  cluster.move_primary((primary + 1) % Cluster::size);
  crewed.await_successes();
  cluster.kill(primary);
  flip(newest_file(cluster.data(primary), "snap-"), 100, 8);

  cluster.start(primary);
  cluster.await_caught_up(primary);

  INFO(cluster.log(primary));
  CHECK(says(cluster, primary, "snapshot damaged; an older one serves"));
  CHECK(crewed.end() == "");
}

}  // namespace pawl::testing

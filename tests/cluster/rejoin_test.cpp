// SPDX-License-Identifier: Apache-2.0
//
// A node that lost something comes back by itself while clients go on: its log was damaged, its
// disk was wiped, or what it needs is in a snapshot only. Afterwards each node reigns for longer
// than it takes to put its state hash into the log, with which the others compare theirs: one that
// differs ends itself.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "cluster/crewed.hpp"
#include "cluster/files.hpp"
#include "node/state_hash.hpp"

namespace pawl::testing {
namespace {

namespace fs = std::filesystem;

std::uint64_t committed(const Cluster& cluster, std::size_t primary) {
  const auto now = cluster.status(primary);
  return now ? now->at("commit_index").get<std::uint64_t>() : 0;
}

void await_records(Cluster& cluster, std::uint64_t count) {
  const std::uint64_t goal = committed(cluster, cluster.await_primary()) + count;
  Cluster::await([&] { return committed(cluster, cluster.await_primary()) >= goal; }, "records");
}

constexpr std::size_t kept = 50;

void keep_some(const Cluster& cluster, std::size_t primary) {
  for (std::size_t i = 0; i < kept; ++i) {
    const auto reply = cluster.ask(primary, "LOCK kept/" + std::to_string(i) + " ttl=1h");
    REQUIRE(reply.value_or("no answer").starts_with("OK token="));
  }
}

// As the one that serves lists them.
std::string kept_by(const Cluster& cluster, std::size_t primary) {
  const auto reply = cluster.ask(primary, "LIST prefix=kept/").value_or("no answer");
  REQUIRE(reply.starts_with("OK {"));
  std::string text;
  const auto list = nlohmann::json::parse(reply.substr(3));
  for (const auto& lock : list.at("locks")) {
    text += lock.at("name").get<std::string>() + ' ' + lock.at("token").dump() + '\n';
  }
  return text;
}

void check_states_agree(Cluster& cluster) {
  std::set<std::string> lists;
  for (std::size_t node = 0; node < Cluster::size; ++node) {
    cluster.move_primary(node);
    await_records(cluster, 2 * node::StateHash::interval);
    lists.insert(kept_by(cluster, node));
    cluster.await_all();
  }
  CHECK(lists.size() == 1);
  CHECK(std::count(lists.begin()->begin(), lists.begin()->end(), '\n') == kept);
  for (std::size_t node = 0; node < Cluster::size; ++node) {
    INFO(cluster.log(node));
    CHECK(cluster.runs(node));
  }
}

std::size_t a_standby(Cluster& cluster) { return (cluster.await_primary() + 1) % Cluster::size; }

}  // namespace

TEST_CASE("a node with a damaged log rejoins by itself while clients go on") {
  CrewedCluster crewed(16);
  Cluster& cluster = crewed.cluster;
  keep_some(cluster, cluster.await_primary());
  crewed.await_successes(2'000);
  const std::size_t node = a_standby(cluster);
  cluster.kill(node);
  flip_the_middle(newest_file(cluster.data(node), "wal-"));

  Process repair({PAWLD_PROGRAM, "-c", cluster.data(node) + ".yaml", "repair"});
  CHECK(repair.wait() == 65);
  CHECK(repair.output().find("at its next start it gets from the others what it lost") !=
        std::string::npos);
  crewed.await_successes(500);
  cluster.start(node);

  await_word(cluster, node, "records lost; the others have them");
  await_word(cluster, node, "whole again");
  cluster.await_caught_up(node);
  check_states_agree(cluster);
  CHECK(crewed.end() == "");
}

TEST_CASE("a node with a wiped disk rejoins by itself while clients go on") {
  CrewedCluster crewed(16);
  Cluster& cluster = crewed.cluster;
  keep_some(cluster, cluster.await_primary());
  crewed.await_successes(2'000);
  const std::size_t node = a_standby(cluster);
  cluster.kill(node);
  fs::remove_all(cluster.data(node));
  crewed.await_successes(500);

  cluster.start(node);

  cluster.await_caught_up(node);
  check_states_agree(cluster);
  CHECK(crewed.end() == "");
}

TEST_CASE("a node that was away during a snapshot rejoins by it while clients go on") {
  CrewedCluster crewed(16);
  Cluster& cluster = crewed.cluster;
  const std::size_t primary = cluster.await_primary();
  const std::size_t node = a_standby(cluster);
  keep_some(cluster, primary);
  cluster.kill(node);
  outgrow_log(cluster, primary);

  cluster.start(node);

  await_word(cluster, node, "snapshot received");
  cluster.await_caught_up(node);
  check_states_agree(cluster);
  CHECK(crewed.end() == "");
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include "server/config/cluster.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

namespace pawl::server {

namespace {

using Problems = std::vector<std::string>;

constexpr const char* file =
    "cluster:\n"
    "  id: c\n"
    "  nodes:\n"
    "    - {id: n3, peer: k:7296, witness: true}\n"
    "    - {id: n1, peer: h:7296, client: h:7295}\n"
    "    - {id: n2, peer: i:7296, client: i:7295}\n";

Effective with(std::vector<std::string> settings) {
  return merge({"c.yaml", file, {}, std::move(settings)});
}

Problems problems(std::vector<std::string> settings) { return with(std::move(settings)).problems; }

std::string value(const Effective& effective, std::string_view name) {
  const Key& key = *find_key(name);
  return format_value(key, effective.config) + " from " + effective.origin_of(key);
}

}  // namespace

TEST_CASE("the core knows the nodes in the order of their ids, the shell their addresses") {
  const Effective effective = with({});
  CHECK(effective.problems == Problems{});
  CHECK(effective.config.cluster_id == "c");
  CHECK(effective.config.core.cluster.nodes == std::vector<ClusterNode>{{"n1", "h:7295", false},
                                                                        {"n2", "i:7295", false},
                                                                        {"n3", "", true}});
  const auto& peers = effective.config.cluster_peers;
  REQUIRE(peers.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(peers[i].id == effective.config.core.cluster.nodes[i].id);
  }
  CHECK(peers[2].peer == Address{"k", 7296});
}

TEST_CASE("one file serves all: a node listens on its own addresses") {
  const Effective second = with({"node=n2"});
  CHECK(value(second, "listen.client") == "i:7295 from c.yaml:4:5");
  CHECK(value(second, "listen.peer") == "i:7296 from c.yaml:4:5");
  REQUIRE(own_entry(second.config) != nullptr);
  CHECK(own_entry(second.config)->id == "n2");
  CHECK(own_entry(Config{}) == nullptr);

  const Effective witness = with({"node=n3"});
  CHECK(witness.problems == Problems{});
  CHECK(value(witness, "listen.client") == "127.0.0.1:7295 from default");
  CHECK(value(witness, "listen.peer") == "k:7296 from c.yaml:4:5");
}

TEST_CASE("where a node was told to listen, there it listens") {
  const Effective effective = with({"listen.client=0.0.0.0:7295"});
  CHECK(value(effective, "listen.client") == "0.0.0.0:7295 from --set listen.client");
  CHECK(value(effective, "listen.peer") == "h:7296 from c.yaml:4:5");
}

TEST_CASE("the shortest lease outlives a change of the primary") {
  CHECK(value(with({}), "leases.min_ttl") == "1s from c.yaml:4:5");
  CHECK(value(with({"cluster.election=500ms"}), "leases.min_ttl") ==
        "1800ms from --set cluster.election");
  CHECK(value(with({"leases.min_ttl=3s"}), "leases.min_ttl") == "3s from --set leases.min_ttl");
  CHECK(problems({"leases.min_ttl=1s"}) == Problems{});
  CHECK(problems({"leases.min_ttl=999ms"}) ==
        Problems{"--set leases.min_ttl: leases.min_ttl (999ms) is below 1s, what a change of the "
                 "primary may take"});
  CHECK(problems({"leases.min_ttl=1s", "cluster.election=278ms"}) ==
        Problems{"--set leases.min_ttl: leases.min_ttl (1s) is below 1001ms, what a change of "
                 "the primary may take"});
  // Too long an election contradicts the defaults, and is told where it was asked for.
  CHECK(problems({"cluster.election=10s"}) ==
        Problems{"--set cluster.election: leases.min_ttl (36s) is above leases.default_ttl (30s)",
                 "--set cluster.election: leases.min_ttl (36s) is above sessions.default_ttl "
                 "(10s)"});
  CHECK(merge({}).config.core.leases.min_ttl == Milliseconds{50});
}

TEST_CASE("a cluster has a name, and this node is one of it") {
  CHECK(problems({"cluster.id="}) ==
        Problems{"--set cluster.id: cluster.id is missing: a cluster needs a name"});
  CHECK(merge({"c.yaml",
               "cluster:\n  nodes: [{id: n1, peer: h:1, client: h:2}, {id: n2, peer: i:1, "
               "client: i:2}]\n",
               {},
               {}})
            .problems == Problems{"c.yaml:2:10: cluster.id is missing: a cluster needs a name"});
  CHECK(problems({"cluster.id=two words"}) ==
        Problems{"--set cluster.id: 'two words' is not a name of 1 to 63 of A-Z a-z 0-9 . _ -"});
  CHECK(problems({"node=n9"}) ==
        Problems{"--set node: node (n9) is none of cluster.nodes: n1, n2, n3"});
}

TEST_CASE("a cluster flushes what it answers") {
  for (const std::string word : {"relaxed", "none"}) {
    CHECK(problems({"durability=" + word}) ==
          Problems{"--set durability: durability (" + word +
                   ") does not go with cluster.nodes: a vote that is forgotten makes two "
                   "primaries, only fsync will do"});
  }
}

TEST_CASE("several heartbeats fit into an election") {
  CHECK(problems({"cluster.heartbeat=50ms", "cluster.election=250ms"}) == Problems{});
  CHECK(problems({"cluster.heartbeat=51ms"}) ==
        Problems{"--set cluster.heartbeat: cluster.heartbeat (51ms) is above a fifth of "
                 "cluster.election (250ms)"});
  CHECK(problems({"cluster.election=100ms"}) ==
        Problems{"--set cluster.election: cluster.heartbeat (50ms) is above a fifth of "
                 "cluster.election (100ms)"});
  CHECK(problems({"cluster.election=99ms", "cluster.heartbeat=2s"}) ==
        Problems{"--set cluster.election: '99ms' is out of range: 100ms to 10s"});
  CHECK(problems({"cluster.election=11s"}) ==
        Problems{"--set cluster.election: '11s' is out of range: 100ms to 10s"});
}

TEST_CASE("a wrong list of nodes contradicts nothing") {
  CHECK(problems({"cluster.nodes=x", "durability=none", "node=n9"}).size() == 1);
}

TEST_CASE("the configuration of a cluster is printed so that it can be read again") {
  const Effective first = with({"node=n2"});
  const Effective second = merge({"printed", print_config(first), {}, {}});
  CHECK(second.problems == Problems{});
  CHECK(second.config == first.config);
  CHECK(second.config.core.cluster.nodes == first.config.core.cluster.nodes);
}

TEST_CASE("config/cluster.yaml serves each of its nodes") {
  std::ostringstream text;
  text << std::ifstream(PAWL_CLUSTER_CONFIG).rdbuf();
  for (const int i : {0, 1, 2}) {
    const Effective effective =
        merge({"cluster.yaml", text.str(), {}, {"node=n" + std::to_string(i + 1)}});
    CHECK(effective.problems == Problems{});
    REQUIRE(effective.config.core.cluster.nodes.size() == 3);
    const auto port = static_cast<std::uint16_t>(7295 + 10 * i);
    CHECK(effective.config.listen.client == Address{"127.0.0.1", port});
    CHECK(effective.config.listen.peer ==
          Address{"127.0.0.1", static_cast<std::uint16_t>(port + 1)});
  }
}

}  // namespace pawl::server

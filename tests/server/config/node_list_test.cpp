// SPDX-License-Identifier: Apache-2.0
#include "server/config/node_list.hpp"

#include <catch2/catch.hpp>

#include "server/config/effective.hpp"

namespace pawl::server {

namespace {

using Problems = std::vector<std::string>;

constexpr const char* three =
    "[{id: n1, peer: \"h:7296\", client: \"h:7295\"}, {id: n2, peer: \"i:7296\", client: "
    "\"i:7295\"}, {id: n3, peer: \"j:7296\", client: \"j:7295\"}]";

std::string why(const std::string& text) {
  const auto nodes = parse_nodes(text);
  return nodes ? "taken" : nodes.error().why;
}

// n1 to nN, each with an address of its own.
std::string list_of(int count, int witnesses = 0) {
  std::string text;
  for (int i = 1; i <= count; ++i) {
    const std::string number = std::to_string(i);
    text += (i == 1 ? "[{id: n" : ", {id: n") + number + ", peer: h:1" + number +
            (i <= witnesses ? ", witness: true}" : ", client: h:2" + number + "}");
  }
  return text + "]";
}

// What the file is told, beneath a cluster that lacks nothing else.
Problems of_file(const std::string& nodes) {
  return merge({"c.yaml", "cluster:\n  id: c\n  nodes:\n" + nodes, {}, {}}).problems;
}

}  // namespace

TEST_CASE("nodes stand in the order of their ids, however they were written") {
  const auto nodes = parse_nodes(
      "[{id: b, client: 'h:2', peer: 'h:1'}, {peer: '[::1]:5', witness: true, id: a},"
      " {id: B, peer: h.example:3, client: 127.0.0.1:4, witness: false}]");
  REQUIRE(nodes.has_value());
  CHECK(*nodes == std::vector<ClusterPeer>{{"B", {"h.example", 3}, Address{"127.0.0.1", 4}},
                                           {"a", {"::1", 5}, std::nullopt},
                                           {"b", {"h", 1}, Address{"h", 2}}});
}

TEST_CASE("a list of nodes is read as it is written") {
  for (const std::string& text :
       {std::string("[]"), std::string(three), list_of(2), list_of(3, 1), list_of(5),
        std::string("[{id: 'null', peer: '[::1]:1', client: 'h:1'}, {id: '7', peer: h:2, client: "
                    "'true:3'}]")}) {
    const auto nodes = parse_nodes(text);
    REQUIRE(nodes.has_value());
    const auto again = parse_nodes(format_nodes(*nodes));
    REQUIRE(again.has_value());
    CHECK(*again == *nodes);
  }
  CHECK(format_nodes({}) == "[]");
}

TEST_CASE("2, 3 or 5 nodes are a cluster, and one witness may be among 3") {
  for (const int count : {2, 3, 5}) CHECK(why(list_of(count)) == "taken");
  CHECK(why(list_of(3, 1)) == "taken");

  CHECK(why(list_of(1)) == "one node is no cluster: leave out cluster.nodes, or name 2, 3 or 5");
  CHECK(why(list_of(4)) == "4 nodes survive no more failures than 3: name 2, 3 or 5");
  CHECK(why(list_of(6)) == "6 nodes are too many: name 2, 3 or 5");
  CHECK(why(list_of(2, 1)) == "a witness stands beside two other nodes, not 1");
  CHECK(why(list_of(5, 1)) == "a witness stands beside two other nodes, not 4");
  CHECK(why(list_of(3, 2)) == "2 witnesses: one at the most");
  CHECK(why(list_of(3, 3)) == "every node is a witness: nobody would serve clients");
}

TEST_CASE("no two nodes share an id or an address") {
  CHECK(why("[{id: a, peer: h:1, client: h:2}, {id: a, peer: h:3, client: h:4}]") ==
        "node 2 (a): node 1 has that id too");
  CHECK(why("[{id: a, peer: h:1, client: h:1}, {id: b, peer: h:3, client: h:4}]") ==
        "node 1 (a): client: 'h:1' is taken by node 1 (a): peer");
  CHECK(why("[{id: a, peer: h:1, client: h:2}, {id: b, peer: h:2, client: h:4}]") ==
        "node 2 (b): peer: 'h:2' is taken by node 1 (a): client");
}

TEST_CASE("an address others could not connect to is refused") {
  CHECK(why("[{id: a, peer: h:0, client: h:2}, {id: b, peer: h:3, client: h:4}]") ==
        "node 1 (a): peer: 'h:0': the others must know the port");
  CHECK(why("[{id: a, peer: h:1, client: h:2}, {id: b, peer: '[::]:3', client: 0.0.0.0:4}]") ==
        "node 2 (b): peer: '[::]:3' is nowhere others could connect to; "
        "node 2 (b): client: '0.0.0.0:4' is nowhere others could connect to");
  CHECK(why("[{id: a, peer: h, client: h:2}, {id: b, peer: [], client: h:4}]") ==
        "node 1 (a): peer: 'h' is not an address such as 127.0.0.1:7295 or [::1]:7295; "
        "node 2 (b): peer: '' is not an address such as 127.0.0.1:7295 or [::1]:7295");
}

TEST_CASE("a node without what it needs, or with too much, is told") {
  CHECK(why("[{id: a, peer: h:1}, {client: h:4}]") ==
        "node 1 (a): client is missing (only a witness has none); node 2: id is missing; "
        "node 2: peer is missing");
  CHECK(why("[{id: w, peer: h:1, client: h:2, witness: true}, {id: a, peer: h:3, client: h:4}, "
            "{id: b, peer: h:5, client: h:6}]") ==
        "node 1 (w): a witness serves no clients: leave out client");
  CHECK(why("[n1, {id: a b, peer: h:3, cleint: h:4, witness: yes, peer: h:5}]") ==
        "node 1: a node is written {id: n1, peer: host:7296, client: host:7295}; "
        "node 2: id: 'a b' is not a name of 1 to 63 of A-Z a-z 0-9 . _ -; "
        "node 2: unknown key 'cleint' (did you mean 'client'?); "
        "node 2: witness: 'yes' is not true or false; node 2: duplicate key 'peer'; "
        "node 2: client is missing (only a witness has none)");
}

TEST_CASE("what is no list of nodes is told the form") {
  const std::string form =
      " is not a list such as [{id: n1, peer: host:7296, client: host:7295}, …]";
  CHECK(why("") == "''" + form);
  CHECK(why("n1,n2") == "'n1,n2'" + form);
  CHECK(why("{id: n1}") == "'{id: n1}'" + form);
  CHECK(why("[{id: n1").starts_with("'[{id: n1'" + form + ": "));
  CHECK(why(std::string(100'000, '[')).find(form) != std::string::npos);
}

TEST_CASE("a list of the file is told wrong at each line, all at once") {
  CHECK(of_file("    - {id: n1, peer: h:1, client: h:2}\n"
                "    - id: n1\n"
                "      peer: h:0\n"
                "    - n3\n"
                "    - {id: n4, peer: h:2, client: h:7}\n") ==
        Problems{"c.yaml:5:11: cluster.nodes: node 2 (n1): node 1 has that id too",
                 "c.yaml:6:13: cluster.nodes: node 2 (n1): peer: 'h:0': the others must know the "
                 "port",
                 "c.yaml:5:7: cluster.nodes: node 2 (n1): client is missing (only a witness has "
                 "none)",
                 "c.yaml:7:7: cluster.nodes: node 3: a node is written {id: n1, peer: host:7296, "
                 "client: host:7295}",
                 "c.yaml:8:22: cluster.nodes: node 4 (n4): peer: 'h:2' is taken by node 1 (n1): "
                 "client",
                 "c.yaml:4:5: cluster.nodes: 4 nodes survive no more failures than 3: name 2, 3 "
                 "or 5"});
}

TEST_CASE("a list of nodes comes from the file, a flag or the environment alike") {
  const std::string text = three;
  const auto nodes = [](const Sources& sources) {
    const Effective effective = merge(sources);
    CHECK(effective.problems == Problems{});
    return format_value(*find_key("cluster.nodes"), effective.config) + " from " +
           effective.origin_of(*find_key("cluster.nodes"));
  };
  const auto expected = format_nodes(*parse_nodes(text));
  CHECK(nodes({"c.yaml", "cluster: {id: c, nodes: " + text + "}", {}, {}}) ==
        expected + " from c.yaml:1:25");
  CHECK(nodes({{}, {}, {{"PAWL_CLUSTER_NODES", text}, {"PAWL_CLUSTER_ID", "c"}}, {}}) ==
        expected + " from environment PAWL_CLUSTER_NODES");
  CHECK(nodes({{}, {}, {}, {"cluster.id=c", "cluster.nodes=" + text}}) ==
        expected + " from --set cluster.nodes");
}

}  // namespace pawl::server

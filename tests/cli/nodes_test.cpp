// SPDX-License-Identifier: Apache-2.0
#include "cli/nodes.hpp"

#include <catch2/catch.hpp>

#include "cli/scripted_nodes.hpp"
#include "cli/text/cluster.hpp"

using Catch::Matchers::Contains;

namespace pawl::cli {
namespace {

Json node(const std::string& id, const std::string& role, const std::string& client = {}) {
  Json json{{"id", id}, {"role", role}, {"lag", 3}, {"last_contact_ms", 20}};
  if (!client.empty()) json["client"] = client;
  return json;
}

Json status(const std::string& id, const std::string& role, std::uint64_t epoch,
            Json nodes = Json::array()) {
  return {{"node", id},          {"role", role}, {"epoch", epoch},
          {"commit_index", 99U}, {"locks", 1U},  {"nodes", std::move(nodes)}};
}

Seen heard(const std::string& server, const Json& said) {
  return {server, said["node"].get<std::string>(), said, {}};
}

}  // namespace

TEST_CASE("the view is that of the primary of the newest epoch") {
  const Json view =
      view_of({heard("a:1", status("n1", "primary", 7)), heard("b:1", status("n2", "primary", 8)),
               heard("c:1", status("n3", "standby", 9))});
  CHECK(view["node"] == "n2");
  CHECK(primary_in(view) == "n2");
  CHECK(view["servers"].size() == 3);
  CHECK(view["servers"][2] == Json{{"server", "c:1"},
                                   {"node", "n3"},
                                   {"role", "standby"},
                                   {"epoch", 9U},
                                   {"commit_index", 99U}});
}

TEST_CASE("a standby's word for the primary counts where that one does not answer") {
  const Json nodes{node("n1", "primary"), node("n2", "standby")};
  CHECK(primary_in(view_of({heard("b:1", status("n2", "standby", 8, nodes))})) == "n1");
  CHECK(primary_in(view_of({heard("b:1", status("n2", "standby", 8))})).empty());
  CHECK(primary_in(Json::object()).empty());
}

TEST_CASE("nodes that have not answered are asked where clients find them") {
  const Json nodes{node("n1", "primary", "a:1"), node("n2", "standby", "b:1"),
                   node("n3", "standby")};
  const auto others = unheard_in({heard("elsewhere:1", status("n1", "primary", 7, nodes))});
  REQUIRE(others.size() == 1);
  CHECK(others[0].server == "b:1");
  CHECK(others[0].node == "n2");

  const Seen silent{"b:1", {}, {}, "Connection refused"};
  CHECK(unheard_in({heard("a:1", status("n1", "primary", 7, nodes)), silent}).empty());
}

TEST_CASE("a table has every node: as it says, as the primary sees it, or that it is away") {
  Json witness = node("w", "standby");
  witness["witness"] = true;
  const Json nodes{node("n1", "primary", "a:1"), node("n2", "standby", "b:1"), witness};
  const std::string text = status_text(view_of({heard("a:1", status("n1", "primary", 7, nodes)),
                                                {"b:1", {}, {}, "Connection refused"},
                                                {"z:1", {}, {}, "no reply in time"}}));
  CHECK_THAT(text, Contains("\nNODE  ROLE               EPOCH  LAG  LAST_CONTACT  SERVER\n"
                            "n1    primary            7      3    20ms          a:1\n"
                            "n2    unreachable        -      3    20ms          b:1 (Connection "
                            "refused)\n"
                            "-     unreachable        -      -    -             z:1 (no reply in "
                            "time)\n"
                            "w     standby (witness)  -      3    20ms          -\n"));
}

TEST_CASE("every server of the list is asked, and every node that those name") {
  Nodes nodes;
  const std::size_t primary = nodes.add({});
  const std::size_t standby = nodes.add({});
  const std::size_t away = nodes.add(saying("ERR FORBIDDEN"));
  const Json all{node("n1", "primary", nodes.address(primary)),
                 node("n2", "standby", nodes.address(standby))};
  nodes[primary].script(saying("OK " + status("n1", "primary", 7, all).dump()));
  nodes[standby].script(saying("OK " + status("n2", "standby", 7, all).dump()));
  Globals globals = nodes.globals();
  globals.servers = nodes.address(away) + "," + nodes.address(primary);
  nodes.start();

  const std::vector<Seen> seen = ask_all(globals);

  REQUIRE(seen.size() == 3);
  CHECK(seen[0].status.is_null());
  CHECK_THAT(seen[0].error, Contains("FORBIDDEN"));
  CHECK(seen[1].node == "n1");
  CHECK(seen[2].node == "n2");
  CHECK(seen[2].server == nodes.address(standby));
}

TEST_CASE("where not one server tells its status, the first refusal is the answer") {
  Nodes nodes;
  nodes.add(saying("ERR FORBIDDEN"));
  nodes.start();

  try {
    static_cast<void>(ask_all(nodes.globals()));
    FAIL("answered");
  } catch (const Failure& failure) {
    CHECK(failure.code() == exit_denied);
  }
}

}  // namespace pawl::cli

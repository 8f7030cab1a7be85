// SPDX-License-Identifier: Apache-2.0
//
// What an operator asks of a cluster: scripted nodes, as the real ones need several machines.
#include <catch2/catch.hpp>

#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::testing {
namespace {

std::string status(const std::string& node, const std::string& role,
                   const std::string& others = {}) {
  return R"(OK {"node":")" + node + R"(","role":")" + role + R"(","epoch":7,"nodes":[)" + others +
         "]}\n";
}

// One connection with one request in it.
void answer(FakeServer& server, const std::string& request, const std::string& reply) {
  server.accept();
  REQUIRE(server.read_line() == request);
  server.send(reply);
}

}  // namespace

TEST_CASE("pawl status shows every node, and says so where none is primary") {
  FakeServer one;
  FakeServer other;
  const DeafPort away;
  const std::string list = one.server() + "," + other.server() + "," + away.server();
  Process process({PAWL_PROGRAM, "-s", list, "status"});
  answer(one, "STATUS", status("n1", "standby"));
  answer(other, "STATUS", status("n2", "standby"));

  CHECK(process.wait() == 0);
  CHECK_THAT(process.output(), Contains("\nn1    standby ") && Contains("\nn2    standby ") &&
                                   Contains("\n-     unreachable ") &&
                                   Contains(away.server() + " (Connection refused)") &&
                                   Contains("pawl: no node is primary"));
}

TEST_CASE("pawl handover waits until the other one is primary") {
  FakeServer node;
  Process process({PAWL_PROGRAM, "handover", "n2"}, {server_at(node.port())});
  answer(node, "STATUS", status("n1", "primary"));
  answer(node, "HANDOVER n2", "OK\n");
  answer(node, "STATUS", status("n1", "standby"));
  answer(node, "STATUS", status("n1", "standby", R"({"id":"n2","role":"primary"})"));

  CHECK(process.wait() == 0);
  CHECK(process.output() == "n2 is primary\n");
}

TEST_CASE("a handover whose reply is lost is not asked for twice") {
  FakeServer node;
  Process process({PAWL_PROGRAM, "handover"}, {server_at(node.port())});
  answer(node, "STATUS", status("n1", "primary"));
  const std::string reply = GENERATE("", "ERR NO_QUORUM\n");
  answer(node, "HANDOVER", reply);
  node.hang_up();
  answer(node, "STATUS", status("n2", "primary"));

  CHECK(process.wait() == 0);
  CHECK(process.output() == "n2 is primary\n");
}

TEST_CASE("a handover to the primary is none, a refused one says why") {
  FakeServer node;
  Process process({PAWL_PROGRAM, "handover", "n1"}, {server_at(node.port())});
  answer(node, "STATUS", status("n1", "primary"));
  CHECK(process.wait() == 0);
  CHECK(process.output() == "n1 is primary\n");

  Process refused({PAWL_PROGRAM, "handover", "n9"}, {server_at(node.port())});
  answer(node, "STATUS", status("n1", "primary"));
  answer(node, "HANDOVER n9", "ERR BAD_REQUEST msg=\"no such node\"\n");
  CHECK(refused.wait() == 1);
  CHECK_THAT(refused.output(), StartsWith("pawl: BAD_REQUEST (no such node)"));
}

TEST_CASE("a handover that nobody can tell of is said to be unknown") {
  FakeServer node;
  Process process({PAWL_PROGRAM, "--timeout", "200", "handover"}, {server_at(node.port())});
  answer(node, "STATUS", status("n1", "primary"));
  answer(node, "HANDOVER", "ERR NO_QUORUM\n");

  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), StartsWith("pawl: unknown, it may still take effect"));
}

TEST_CASE("pawl promote asks the node that is left, once") {
  FakeServer left;
  const DeafPort lost;
  const std::string list = lost.server() + "," + left.server();
  Process process({PAWL_PROGRAM, "-s", list, "promote", "n1", "--i-am-sure"});
  answer(left, "STATUS", status("n2", "standby"));
  const bool is_refused = GENERATE(false, true);
  answer(left, "PROMOTE n1", is_refused ? "ERR NOT_PRIMARY\n" : "OK\n");

  CHECK(process.wait() == (is_refused ? 1 : 0));
  CHECK_THAT(process.output(),
             StartsWith(is_refused ? "pawl: NOT_PRIMARY" : "n2 goes on without n1\n"));
}

TEST_CASE("pawl promote does nothing while the lost node answers") {
  FakeServer lost;
  Process process({PAWL_PROGRAM, "promote", "n1", "--i-am-sure"}, {server_at(lost.port())});
  answer(lost, "STATUS", status("n1", "primary"));

  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), StartsWith("pawl: n1 is not lost, it answers at " + lost.server()));
}

TEST_CASE("pawl promote asks nobody without --i-am-sure where there is no terminal") {
  const DeafPort nobody;
  Process process({"/bin/sh", "-c", "exec \"$0\" \"$@\" </dev/null", PAWL_PROGRAM, "-s",
                   nobody.server(), "promote", "n1"});
  CHECK(process.wait() == 64);
  CHECK_THAT(process.output(), Contains("--i-am-sure"));
  CHECK_THAT(pawl_data({"promote", "--help"}).output, Contains("two clients will hold one lock"));
}

TEST_CASE("what is no node's name is a usage error") {
  CHECK(pawl_with({"promote", "two words", "--i-am-sure"}).code == 64);
  CHECK(pawl_with({"promote", "--i-am-sure"}).code == 64);
  CHECK(pawl_with({"handover", "n:1"}).code == 64);
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// Which server is asked, and what is made of those that do not answer or answer oddly.
#include <catch2/catch.hpp>

#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::testing {

TEST_CASE("pawl exits with 69 where nobody listens, and names every place it tried") {
  const DeafPort one;
  const DeafPort other;
  const std::string both = one.server() + "," + other.server();
  const Words command = GENERATE(Words{"ping"}, Words{"ls"}, Words{"status"}, Words{"acquire", "a"},
                                 Words{"acquire", "a", "--wait", "forever"}, Words{"why", "a"},
                                 Words{"release", "a", "--token", "1"}, Words{"send", "PING"});

  const Outcome outcome = pawl_said(command, {"PAWL_SERVER=" + both});

  CHECK(outcome.code == 69);
  CHECK_THAT(outcome.output, StartsWith("pawl: cannot reach ") && Contains(other.server()));
  CHECK(pawl_data(command, {"PAWL_SERVER=" + both}).output.empty());
}

TEST_CASE("the servers are tried in order, and the first that answers serves") {
  const DeafPort nobody;
  Daemon daemon;
  const std::string list = nobody.server() + ",127.0.0.1:" + std::to_string(daemon.port());

  CHECK(pawl_data({"-s", list, "acquire", "a"}).output == "1\n");
  CHECK_THAT(pawl_data({"-s", list, "ping"}).output,
             StartsWith("pong from 127.0.0.1:" + std::to_string(daemon.port()) + " in "));
  CHECK(pawl_data({"-s", list, "send", "UNLOCK a token=1"}).output == "OK\n");
}

TEST_CASE("a server that does not serve now is passed over for one that does") {
  FakeServer standby;
  Daemon daemon;
  const std::string list = standby.server() + ",127.0.0.1:" + std::to_string(daemon.port());
  const std::string reply = GENERATE("ERR NOT_PRIMARY", "ERR SHUTTING_DOWN");
  const bool acquires = GENERATE(true, false);
  const Words words = acquires ? Words{"acquire", "a"} : Words{"ls"};
  Words line{PAWL_PROGRAM, "-s", list};
  line.insert(line.end(), words.begin(), words.end());
  Process process(line);
  standby.accept();
  REQUIRE_FALSE(standby.read_line().empty());

  standby.send((acquires ? "#w " : "") + reply + "\n");

  CHECK(process.wait() == 0);
}

TEST_CASE("a lock is acquired across a change of the primary, by the same id") {
  FakeServer node;
  Process process({PAWL_PROGRAM, "acquire", "a"}, {server_at(node.port())});
  node.accept();
  const std::string line = node.read_line();
  REQUIRE_THAT(line, StartsWith("#w LOCK a id="));
  node.send("#w ERR NOT_PRIMARY\n");
  node.accept();
  CHECK(node.read_line() == line);
  node.send("#w ERR NO_QUORUM\n");
  node.accept();
  CHECK(node.read_line() == line);

  node.send("#w OK token=7 ttl=86400000\n");

  CHECK(process.wait() == 0);
  CHECK(process.output() == "7\n");
}

TEST_CASE("a grant that waited is renewed at whoever is primary by then") {
  FakeServer node;
  Process process({PAWL_PROGRAM, "acquire", "a"}, {server_at(node.port())});
  node.accept();
  REQUIRE_FALSE(node.read_line().empty());
  node.send("#w OK token=7 ttl=1\n");
  REQUIRE(node.read_line() == "#t RENEW a token=7");
  node.send("#t ERR NOT_PRIMARY\n");
  node.accept();
  CHECK(node.read_line() == "#t RENEW a token=7");

  node.send("#t OK ttl=30000\n");

  CHECK(process.wait() == 0);
  CHECK(process.output() == "7\n");
}

TEST_CASE("a line sent to a standby goes to the primary it names") {
  FakeServer standby;
  FakeServer primary;
  Process process({PAWL_PROGRAM, "send", "LOCK a"}, {server_at(standby.port())});
  standby.accept();
  REQUIRE(standby.read_line() == "LOCK a");
  standby.send("ERR NOT_PRIMARY primary=" + primary.server() + "\n");
  primary.accept();
  REQUIRE(primary.read_line() == "LOCK a");

  primary.send("OK token=7 ttl=30000\n");

  CHECK(process.wait() == 0);
  CHECK(process.output() == "OK token=7 ttl=30000\n");
}

TEST_CASE("a refusal has its exit code, and its words on stderr") {
  FakeServer server;
  struct Case {
    std::string reply;
    int code;
  };
  const Case refused = GENERATE(Case{"ERR FORBIDDEN msg=\"not yours\"", 77},
                                Case{"ERR UNAUTHENTICATED", 77}, Case{"ERR NOT_PRIMARY", 1},
                                Case{"ERR LIMIT limit=connections", 1}, Case{"ERR INTERNAL", 1});
  Process process({PAWL_PROGRAM, "--timeout", "200", "status"}, {server_at(server.port())});
  server.accept();
  REQUIRE(server.read_line() == "STATUS");

  server.send(refused.reply + "\n");

  CHECK(process.wait() == refused.code);
  const std::string word = refused.reply.substr(4, refused.reply.find(' ', 4) - 4);
  CHECK_THAT(process.output(), StartsWith("pawl: " + word));
}

TEST_CASE("what answers but is no pawld counts as unreachable") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "status"}, {server_at(server.port())});
  server.accept();
  REQUIRE(server.read_line() == "STATUS");

  server.send("HTTP/1.1 400 Bad Request\r\n");

  CHECK(process.wait() == 69);
  CHECK_THAT(process.output(), Contains("no pawld"));
}

TEST_CASE("a server that is silent is given up after the timeout") {
  const DeafPort silent;
  silent.listen_without_answering();
  const Words command =
      GENERATE(Words{"ping"}, Words{"ls"}, Words{"acquire", "a"},
               Words{"acquire", "a", "--wait", "forever"}, Words{"verify", "a", "--token", "1"});
  Words words{"-s", silent.server(), "--timeout", "50"};
  words.insert(words.end(), command.begin(), command.end());
  CHECK(pawl_with(words).code == 69);
}

}  // namespace pawl::testing

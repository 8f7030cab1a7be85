// SPDX-License-Identifier: Apache-2.0
//
// What is done with a token, and what a wrong one is told.
#include <catch2/catch.hpp>

#include "system/line_client.hpp"
#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::testing {
namespace {

std::string ask(LineClient& client, const std::string& line) {
  client.send(line);
  return client.read_line();
}

Words with_token(const std::string& command, const std::string& token) {
  Words words{command, "a", "--token", token};
  if (command == "break") words.insert(words.end(), {"--reason", "test"});
  return words;
}

}  // namespace

TEST_CASE("pawl renew, verify and release do what they say, as text and as JSON") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a ttl=1m") == "OK token=1 ttl=60000");

  CHECK(pawl_data({"renew", "a", "--token", "1"}, server).output == "1m\n");
  CHECK(pawl_data({"renew", "a", "--token", "1", "--ttl", "10m", "-o", "json"}, server).output ==
        "{\"name\":\"a\",\"token\":1,\"ttl_ms\":600000}\n");
  const Outcome verified = pawl_data({"verify", "a", "--token", "1"}, server);
  CHECK(verified.code == 0);
  CHECK_THAT(verified.output, StartsWith("9m5"));
  CHECK_THAT(pawl_data({"verify", "a", "--token", "1", "-o", "json"}, server).output,
             StartsWith("{\"name\":\"a\",\"token\":1,\"ttl_ms\":59"));
  const Outcome released = pawl_with({"release", "a", "--token", "1"}, server);
  CHECK(released.code == 0);
  CHECK(released.output.empty());
  CHECK_THAT(ask(client, "SHOW a"), Contains("\"holders\":[]"));
  REQUIRE(ask(client, "LOCK a") == "OK token=2 ttl=30000");
  CHECK(pawl_data({"release", "a", "--token", "2", "-o", "json"}, server).output ==
        "{\"name\":\"a\",\"token\":2,\"released\":true}\n");
}

TEST_CASE("pawl break takes a lock from the holder that is meant, and tells why") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(ask(client, "EVENTS on") == "OK");
  REQUIRE(ask(client, "LOCK a") == "OK token=1 ttl=30000");

  const Outcome broken =
      pawl_with({"break", "a", "--token", "1", "--reason", "web-3 \"is gone\""}, server);

  CHECK(broken.code == 0);
  CHECK(broken.output.empty());
  CHECK(client.read_line() == "EVENT LOST name=a token=1 reason=broken");
}

TEST_CASE("a token that is no current holder's exits with 76, and changes nothing") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a") == "OK token=1 ttl=30000");
  const std::string command = GENERATE("renew", "release", "verify", "break");

  const Outcome outcome = pawl_said(with_token(command, "2"), server);

  CHECK(outcome.code == 76);
  CHECK_THAT(outcome.output, StartsWith("pawl: NOT_HELD: "));
  CHECK(pawl_data(with_token(command, "2"), server).output.empty());
  CHECK_THAT(ask(client, "VERIFY a token=1"), StartsWith("OK"));
}

TEST_CASE("a word that is no token, or none, exits with 64 before anything is sent") {
  const DeafPort nobody;
  const std::string command = GENERATE("renew", "release", "verify", "break");
  const std::string token = GENERATE("0", "-1", "1.5", "abc", "", "9007199254740992");
  CHECK(pawl_with(with_token(command, token), {server_at(nobody.port())}).code == 64);
  CHECK(pawl_with({command, "a"}, {server_at(nobody.port())}).code == 64);
}

TEST_CASE("pawl break without a token says where to find it") {
  const Outcome outcome = pawl_said({"break", "jobs/a", "--reason", "x"});
  CHECK(outcome.code == 64);
  CHECK_THAT(outcome.output, Contains("pawl show jobs/a"));
  CHECK_THAT(pawl_said({"break", "jobs/a", "--token", "1"}).output, Contains("--reason"));
}

TEST_CASE("pawl break --help marks what is needed as other commands do") {
  const std::string help = pawl_data({"break", "--help"}).output;
  CHECK_THAT(help, Contains("--token N REQUIRED ") && Contains("--reason TEXT REQUIRED "));
  CHECK_THAT(pawl_data({"renew", "--help"}).output, Contains("--token N REQUIRED "));
}

TEST_CASE("a session's lock is not released from outside, and the message says why") {
  Daemon daemon;
  LineClient client(daemon.port());
  REQUIRE_THAT(ask(client, "OPEN ttl=1m"), StartsWith("OK"));
  REQUIRE_THAT(ask(client, "LOCK a"), StartsWith("OK token=1"));

  const Outcome outcome = pawl_said({"release", "a", "--token", "1"}, {server_at(daemon.port())});

  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.output, StartsWith("pawl: NO_SESSION"));
}

TEST_CASE("a release whose reply was lost is sent again, and NOT_HELD then means done") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "-s", server.server() + "," + server.server(), "release", "a",
                   "--token", "5"});
  server.accept();
  REQUIRE(server.read_line() == "UNLOCK a token=5");

  server.accept();  // hangs up first
  REQUIRE(server.read_line() == "UNLOCK a token=5");
  server.send("ERR NOT_HELD\n");

  CHECK(process.wait() == 0);
}

TEST_CASE("an OK that does not say how long is no success") {
  const std::string command = GENERATE("renew", "verify");
  const std::string reply = GENERATE("OK", "OK ttl=", "OK ttl=soon");
  FakeServer server;
  Process process({PAWL_PROGRAM, command, "a", "--token", "5"}, {server_at(server.port())});
  server.accept();
  REQUIRE_THAT(server.read_line(), StartsWith(command == "renew" ? "RENEW" : "VERIFY"));

  server.send(reply + "\n");

  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), StartsWith("pawl: ") && Contains("makes no sense"));
}

TEST_CASE("pawl release gives several locks of one token back, all or none") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a b c") == "OK token=1 ttl=30000");

  CHECK(pawl_data({"release", "a", "b", "--token", "1", "-o", "json"}, server).output ==
        "{\"names\":[\"a\",\"b\"],\"token\":1,\"released\":true}\n");
  CHECK(ask(client, "VERIFY b token=1") == "ERR NOT_HELD");
  CHECK(pawl_data({"release", "b", "c", "--token", "1"}, server).code == 76);
  CHECK_THAT(ask(client, "VERIFY c token=1"), StartsWith("OK ttl="));
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// pawl acquire: a lease that outlives the command, and none that nobody knows the token of.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "system/line_client.hpp"
#include "system/pawl_command.hpp"
#include "system/temporary_directory.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::testing {
namespace {

std::string ask(LineClient& client, const std::string& line) {
  client.send(line);
  return client.read_line();
}

// Until a SHOW says so; the test's own deadline ends it.
void await_waiters(LineClient& client, const std::string& name, int waiters) {
  const std::string wanted = "\"waiters_total\":" + std::to_string(waiters);
  while (ask(client, "SHOW " + name + " limit=1").find(wanted) == std::string::npos) continue;
}

std::string word_after(const std::string& line, const std::string& key) {
  const std::size_t at = line.find(key);
  return at == line.npos ? "" : line.substr(at + key.size(), line.find(' ', at) - at - key.size());
}

void interrupt(const Process& process, int signal) { REQUIRE(kill(process.pid(), signal) == 0); }

}  // namespace

TEST_CASE("pawl acquire prints the token alone, and the lease outlives it") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};

  const Outcome first = pawl_data({"acquire", "jobs/a", "--ttl", "1m"}, server);

  CHECK(first.code == 0);
  CHECK(first.output == "1\n");
  LineClient client(daemon.port());
  CHECK_THAT(ask(client, "VERIFY jobs/a token=1"), StartsWith("OK ttl="));
  CHECK(pawl_data({"acquire", "jobs/b"}, server).output == "2\n");
}

TEST_CASE("pawl acquire -o json tells name, token, ttl and id") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};

  const auto json = nlohmann::json::parse(
      pawl_data({"acquire", "é", "-o", "json", "--id", "job-1", "--ttl", "90s"}, server).output);
  CHECK(json == nlohmann::json{{"name", "é"}, {"token", 1}, {"ttl_ms", 90'000}, {"id", "job-1"}});

  // The same id is the same acquisition; without one another is made.
  CHECK(pawl_data({"acquire", "é", "--id", "job-1"}, server).output == "1\n");
  const auto other =
      nlohmann::json::parse(pawl_data({"acquire", "b", "-o", "json"}, server).output);
  CHECK(other["id"].get<std::string>().size() == 36);
}

TEST_CASE("pawl acquire of a held lock exits with 75, at once or when the wait is over") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a ttl=1m") == "OK token=1 ttl=60000");

  const Outcome data = pawl_data({"acquire", "a"}, server);
  CHECK(data.code == 75);
  CHECK(data.output.empty());
  CHECK_THAT(pawl_said({"acquire", "a"}, server).output, StartsWith("pawl: BUSY"));
  const Outcome late = pawl_said({"acquire", "a", "--wait", "50ms"}, server);
  CHECK(late.code == 75);
  CHECK_THAT(late.output, StartsWith("pawl: TIMEOUT"));
}

TEST_CASE("pawl acquire --wait is granted in its turn, and its note is seen meanwhile") {
  Daemon daemon;
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a ttl=1m") == "OK token=1 ttl=60000");
  const std::string note = "two words\n\"quoted\" \\ é";
  const std::string wait = GENERATE("1m", "forever");
  Process waiting({PAWL_PROGRAM, "acquire", "a", "--wait", wait, "--note", note},
                  {server_at(daemon.port())});
  await_waiters(client, "a", 1);
  const auto shown = nlohmann::json::parse(ask(client, "SHOW a").substr(3));
  CHECK(shown["waiters"][0]["note"] == note);

  REQUIRE(ask(client, "UNLOCK a token=1") == "OK");

  CHECK(waiting.wait() == 0);
  CHECK(waiting.output() == "2\n");
  CHECK_THAT(ask(client, "VERIFY a token=2"), StartsWith("OK ttl="));
}

TEST_CASE("what waited is renewed before it is printed, what was granted at once is not") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "acquire", "a", "-o", "json"}, {server_at(server.port())});
  server.accept();
  CHECK_THAT(server.read_line(), StartsWith("#w LOCK a id="));

  SECTION("a reply that took a good part of its ttl") {
    server.send("#w OK token=7 ttl=1\n");
    CHECK(server.read_line() == "#t RENEW a token=7");
    server.send("#t OK ttl=30000\n");
    CHECK(process.wait() == 0);
    CHECK_THAT(process.output(), Contains(R"("token":7,"ttl_ms":30000)"));
  }
  SECTION("a reply that came soon enough") {
    server.send("#w OK token=7 ttl=86400000\n");
    CHECK(process.wait() == 0);
    CHECK_THAT(process.output(), Contains(R"("token":7,"ttl_ms":86400000)"));
  }
  SECTION("a grant that was lost before it was renewed is asked for again") {
    server.send("#w OK token=7 ttl=1\n");
    CHECK(server.read_line() == "#t RENEW a token=7");
    server.send("#t ERR NOT_HELD\n");
    server.accept();
    CHECK_THAT(server.read_line(), StartsWith("#w LOCK a id="));
    server.send("#w ERR BUSY waiters=0 expires_in=5\n");
    CHECK(process.wait() == 75);
  }
}

TEST_CASE("a signal while it waits leaves the queue and exits with 128 and its number") {
  Daemon daemon;
  LineClient client(daemon.port());
  REQUIRE(ask(client, "LOCK a ttl=1m") == "OK token=1 ttl=60000");
  const int signal = GENERATE(SIGINT, SIGTERM);
  Process waiting({PAWL_PROGRAM, "acquire", "a", "--wait", "forever", "--id", "mine"},
                  {server_at(daemon.port())});
  await_waiters(client, "a", 1);

  interrupt(waiting, signal);

  CHECK(waiting.wait() == 128 + signal);
  CHECK(waiting.output().empty());
  CHECK_THAT(ask(client, "SHOW a"), Contains("\"waiters_total\":0"));
  // Authoritatively: its id is spent.
  CHECK_THAT(ask(client, "LOCK a id=mine"), StartsWith("ERR CANCELLED"));
}

TEST_CASE("a grant that races with the signal is given back") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "acquire", "a", "--wait", "1m"}, {server_at(server.port())});
  server.accept();
  const std::string id = word_after(server.read_line(), "id=");

  interrupt(process, SIGTERM);

  CHECK(server.read_line() == "#t CANCEL a id=" + id);
  server.send("#w OK token=9 ttl=30000\n#t OK cancelled=no token=9 ttl=30000\n");
  CHECK(server.read_line() == "#t UNLOCK a token=9");
  server.send("#t OK\n");
  CHECK(process.wait() == 128 + SIGTERM);
  CHECK(process.output().empty());
}

TEST_CASE("a grant that makes no sense is none, and what may stand of it is given up") {
  const std::string grant = GENERATE("OK", "OK token=0 ttl=30000", "OK token=7", "OK token=x ttl=1",
                                     "OK token=99999999999999999999999 ttl=30000");
  FakeServer server;
  Process process({PAWL_PROGRAM, "acquire", "a"}, {server_at(server.port())});
  server.accept();
  const std::string id = word_after(server.read_line(), "id=");

  server.send("#w " + grant + "\n");

  CHECK(server.read_line() == "#t CANCEL a id=" + id);
  server.send("#t OK cancelled=yes\n");
  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), StartsWith("pawl: ") && Contains("makes no sense"));
}

TEST_CASE("a renewal that makes no sense after a grant gives the grant back") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "acquire", "a"}, {server_at(server.port())});
  server.accept();
  REQUIRE_THAT(server.read_line(), StartsWith("#w LOCK"));
  server.send("#w OK token=7 ttl=1\n");
  REQUIRE(server.read_line() == "#t RENEW a token=7");

  server.send("#t OK\n");

  CHECK(server.read_line() == "#t UNLOCK a token=7");
  server.send("#t OK\n");
  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), Contains("makes no sense"));
}

TEST_CASE("a second signal ends it though the server is silent") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "acquire", "a", "--wait", "1m"}, {server_at(server.port())});
  server.accept();
  REQUIRE_THAT(server.read_line(), StartsWith("#w LOCK"));
  interrupt(process, SIGINT);
  REQUIRE_THAT(server.read_line(), StartsWith("#t CANCEL"));

  interrupt(process, SIGINT);

  CHECK(process.wait() == -SIGINT);
}

TEST_CASE("a lost connection is made anew, and the same acquisition asked for again") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "acquire", "a", "--wait", "forever"}, {server_at(server.port())});
  server.accept();
  const std::string first = server.read_line();

  server.accept();  // hangs up first

  CHECK(server.read_line() == first);
  server.send("#w OK token=3 ttl=86400000\n");
  CHECK(process.wait() == 0);
  CHECK(process.output() == "3\n");
}

TEST_CASE("a server that is silent while it should be waiting is found out") {
  FakeServer server;
  Process process({PAWL_PROGRAM, "--timeout", "500", "acquire", "a", "--wait", "forever"},
                  {server_at(server.port())});
  server.accept();
  REQUIRE_THAT(server.read_line(), StartsWith("#w LOCK"));
  CHECK(server.read_line() == "#p PING");
  server.send("#p OK pong\n");
  CHECK(server.read_line() == "#p PING");

  CHECK(process.wait() == 69);
}

TEST_CASE("a token that could not be printed is given back") {
  Daemon daemon;
  const std::string to = GENERATE(">&-", ">/dev/full");
  Process process({"/bin/sh", "-c", "exec \"$0\" \"$@\" " + to, PAWL_PROGRAM, "acquire", "a"},
                  {server_at(daemon.port())});

  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), StartsWith("pawl: cannot write to stdout: "));
  LineClient client(daemon.port());
  CHECK(ask(client, "LOCK a") == "OK token=2 ttl=30000");
}

TEST_CASE("a stdout whose reader has gone is an error, not a signal") {
  Daemon daemon;
  TemporaryDirectory directory;
  // A pipe that was open at both ends, of which the reader's has been closed.
  const std::string without_reader =
      "mkfifo \"$2\" && exec 5<>\"$2\" 6>\"$2\" 5<&- && exec \"$0\" \"$1\" a >&6";
  const std::string command = GENERATE("acquire", "show", "why", "ls");
  Process process(
      {"/bin/sh", "-c", without_reader, PAWL_PROGRAM, command, directory.path() + "/pipe"},
      {server_at(daemon.port())});

  CHECK(process.wait() == 1);
  CHECK_THAT(process.output(), Contains("Broken pipe"));
  LineClient client(daemon.port());
  CHECK_THAT(ask(client, "SHOW a"), Contains("\"holders\":[]"));
}

TEST_CASE("pawl acquire takes several locks as one, or none of them") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());

  const auto json = nlohmann::json::parse(
      pawl_data({"acquire", "a", "b", "-o", "json", "--id", "job-1"}, server).output);

  CHECK(json ==
        nlohmann::json{{"names", {"a", "b"}}, {"token", 1}, {"ttl_ms", 30'000}, {"id", "job-1"}});
  CHECK_THAT(ask(client, "VERIFY b token=1"), StartsWith("OK ttl="));
  CHECK(pawl_data({"acquire", "c", "b"}, server).code == 75);
  CHECK_THAT(ask(client, "SHOW c"), Contains("\"holders\":[]"));
  const Outcome twice = pawl_said({"acquire", "c", "c"}, server);
  CHECK(twice.code == 64);
  CHECK_THAT(twice.output, Contains("\"c\" is named twice"));
}

TEST_CASE("pawl acquire --delay and --max-hold are the server's to keep") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  REQUIRE(pawl_data({"acquire", "a", "--delay", "1m", "--max-hold", "100ms"}, server).code == 0);

  while (ask(client, "SHOW a").find("\"holders\":[]") == std::string::npos) continue;

  const Outcome closed = pawl_said({"acquire", "a"}, server);
  CHECK(closed.code == 75);
  CHECK_THAT(closed.output, StartsWith("pawl: BUSY (") && Contains("delay="));
}

}  // namespace pawl::testing

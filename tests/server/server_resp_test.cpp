// SPDX-License-Identifier: Apache-2.0
//
// Redis clients at a whole server: the order of answers, commands that take several steps, and
// what ends a connection. What the words mean is tested with the interpreter.
#include <initializer_list>

#include "running_server.hpp"

namespace pawl::test {
namespace {

constexpr std::string_view release = "c3f8721cbb97f72bc19e972846bd7aaf91901658";

std::string command(std::initializer_list<std::string_view> words) {
  std::string bytes = '*' + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    bytes += '$' + std::to_string(word.size()) + "\r\n";
    bytes.append(word) += "\r\n";
  }
  return bytes;
}

std::string ask(LineClient& client, std::initializer_list<std::string_view> words) {
  return client.ask(command(words).substr(0, command(words).size() - 1));
}

}  // namespace

TEST_CASE("a connection that begins with * speaks RESP, others beside it speak lines") {
  const RunningServer server;
  LineClient redis = server.connect();
  LineClient lines = server.connect();
  CHECK(ask(redis, {"PING"}) == "+PONG\r");
  CHECK(lines.ask("PING") == "OK pong");
  CHECK(ask(redis, {"SET", "a", "me", "NX", "PX", "60000"}) == "+OK\r");
  CHECK(starts(lines.ask("LOCK a"), "ERR BUSY"));
  CHECK(starts(lines.ask("SHOW a"), "OK {\"name\":\"a\",\"holders\":[{\"token\":1"));
  CHECK(lines.ask("UNLOCK a token=1") == "OK");
  CHECK(ask(redis, {"GET", "a"}) == "$-1\r");
}

TEST_CASE("a Redis client is turned away in its own words where resp.enabled is off") {
  const RunningServer server({}, RunningServer::Past::none, {.enabled = server::Switch::off});
  LineClient client = server.connect();
  client.send(command({"PING"}));
  CHECK(client.line() == "-ERR RESP is not served here; use the line protocol\r");
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("what Redis lets everybody do is done where it is allowed") {
  const RunningServer server({}, RunningServer::Past::none, {.allow_unowned = server::Switch::on});
  LineClient client = server.connect();
  CHECK(ask(client, {"SET", "a", "me", "NX", "PX", "60000"}) == "+OK\r");
  CHECK(ask(client, {"DEL", "a"}) == ":1\r");
  CHECK(ask(client, {"GET", "a"}) == "$-1\r");
}

TEST_CASE("a command may come byte by byte") {
  const RunningServer server;
  LineClient client = server.connect();
  for (const char byte : command({"ECHO", "hello"})) client.send({&byte, 1});
  CHECK(client.line() == "$5\r");
  CHECK(client.line() == "hello\r");
}

TEST_CASE("a pipeline is answered in order, each command seeing those before it") {
  const RunningServer server;
  LineClient client = server.connect();
  std::string bytes;
  constexpr int rounds = 200;
  for (int i = 0; i < rounds; ++i) {
    bytes += command({"SET", "a", "me", "NX", "PX", "60000"});
    bytes += command({"SET", "a", "you", "NX", "PX", "60000"});
    bytes += command({"EVALSHA", release, "1", "a", "you"});
    bytes += command({"PING"});
    bytes += command({"EVALSHA", release, "1", "a", "me"});
  }
  client.send(bytes);
  for (int i = 0; i < rounds; ++i) {
    REQUIRE(client.line() == "+OK\r");
    REQUIRE(client.line() == "$-1\r");
    REQUIRE(client.line() == ":0\r");
    REQUIRE(client.line() == "+PONG\r");
    REQUIRE(client.line() == ":1\r");
  }
}

TEST_CASE("a wait of a Redis client is granted in its turn") {
  const RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a ttl=1m"), "OK token=1"));
  LineClient waiter = server.connect();
  waiter.send(command({"LOCK", "a", "PX", "60000", "WAIT", "FOREVER"}) + command({"PING"}));
  while (holder.ask("SHOW a").find("\"waiters_total\":1") == std::string::npos) {
  }
  CHECK(holder.ask("UNLOCK a token=1") == "OK");
  CHECK(waiter.line() == "*2\r");
  CHECK(waiter.line() == ":2\r");
  CHECK(waiter.line() == ":60000\r");
  CHECK(waiter.line() == "+PONG\r");
}

TEST_CASE("a command that looks at many locks of many holders waits for its next go as well") {
  RunningServer server;
  LineClient eager = server.connect();
  LineClient modest = server.connect();
  REQUIRE(ask(eager, {"PING"}) == "+PONG\r");
  REQUIRE(modest.ask("PING") == "OK pong");
  std::string looks = "*65\r\n$6\r\nEXISTS\r\n";
  const std::string note(1'000, 'n');
  for (int lock = 10; lock < 74; ++lock) {
    const std::string name = "hot" + std::to_string(lock);
    looks += "$5\r\n" + name + "\r\n";
    constexpr int holders = 200;
    std::string locks;
    for (int i = 0; i < holders; ++i) {
      locks += "LOCK " + name + " mode=slot slots=200 ttl=1h note=" + note + '\n';
    }
    modest.send(locks);
    for (int i = 0; i < holders; ++i) REQUIRE(starts(modest.line(), "OK token="));
  }
  server.while_held([&] {
    eager.send(looks + command({"SET", "a", "me", "NX", "PX", "60000"}));
    modest.send("LOCK a\n");
  });
  CHECK(starts(modest.line(), "OK token="));
  CHECK(eager.line() == ":64\r");
  CHECK(eager.line() == "$-1\r");
}

TEST_CASE("what is not RESP is answered after all that is due, then the connection is closed") {
  const RunningServer server;
  LineClient client = server.connect();
  client.send(command({"SET", "a", "me", "NX", "PX", "60000"}) + "GET a\r\n");
  CHECK(client.line() == "+OK\r");
  CHECK(starts(client.line(), "-ERR Protocol error: expected '*'"));
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("a command longer than limits.line is refused, whole or not") {
  Limits limits;
  limits.line = 1'024;
  const RunningServer server(limits);
  LineClient client = server.connect();
  const std::string text(1'024, 'x');
  SECTION("whole") { client.send(command({"ECHO", text})); }
  SECTION("half") { client.send("*2\r\n$4\r\nECHO\r\n$9999\r\n" + text); }
  CHECK(starts(client.line(), "-ERR Protocol error: a command has too many bytes"));
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("half a command for too long closes the connection") {
  Limits limits;
  limits.half_line = Milliseconds{100};
  const RunningServer server(limits);
  LineClient client = server.connect();
  client.send("*1\r\n$4\r\nPI");
  CHECK(client.is_closed());
}

TEST_CASE("QUIT is answered, then the connection is closed") {
  const RunningServer server;
  LineClient client = server.connect();
  CHECK(ask(client, {"QUIT"}) == "+OK\r");
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("at the end of input what was sent is answered, steps and all") {
  const RunningServer server;
  LineClient client = server.connect();
  client.send(command({"SET", "a", "me", "NX", "PX", "60000"}) + command({"DELIFEQ", "a", "me"}));
  client.finish_output();
  CHECK(client.line() == "+OK\r");
  CHECK(client.line() == ":1\r");
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("a drain ends a Redis client's wait and closes") {
  RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a ttl=1m"), "OK token=1"));
  LineClient waiter = server.connect();
  waiter.send(command({"LOCK", "a", "WAIT", "FOREVER"}));
  while (holder.ask("SHOW a").find("\"waiters_total\":1") == std::string::npos) {
  }
  server.drain();
  CHECK(starts(waiter.line(), "-SHUTTING_DOWN"));
  CHECK(waiter.line() == std::nullopt);
  server.wait_until_drained();
}

}  // namespace pawl::test

// SPDX-License-Identifier: Apache-2.0
//
// What a client sees of the shell: order, tags, ends.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "running_server.hpp"

using pawl::test::LineClient;
using pawl::test::RunningServer;
using pawl::test::starts;

TEST_CASE("pipelined requests are answered in order") {
  const RunningServer server;
  LineClient client = server.connect();
  client.send("PING\nLOCK a\nPING\r\n\n  \nUNLOCK b token=1\n");
  CHECK(client.line() == "OK pong");
  CHECK(starts(client.line(), "OK token="));
  CHECK(client.line() == "OK pong");
  CHECK(starts(client.line(), "ERR NOT_HELD"));
}

// A read leaves some of it in the kernel, which says nothing more about that.
TEST_CASE("a long pipeline is answered in one go") {
  constexpr int requests = 15'000;
  const RunningServer server;
  LineClient client = server.connect();
  std::string pipeline;
  for (int i = 0; i < requests; ++i) pipeline += "PING\n";
  const auto began = std::chrono::steady_clock::now();
  client.send(pipeline);
  for (int i = 0; i < requests; ++i) REQUIRE(client.line() == "OK pong");
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(2));
}

TEST_CASE("a request may come in pieces") {
  const RunningServer server;
  LineClient client = server.connect();
  LineClient other = server.connect();
  for (const std::string_view piece : {"PI", "NG", "\nPING\nPI", "NG\n"}) {
    client.send(piece);
    CHECK(other.ask("PING") == "OK pong");  // gives the server time to read the piece
  }
  for (int i = 0; i < 3; ++i) CHECK(client.line() == "OK pong");
}

TEST_CASE("a waiting lock holds back untagged replies, a tagged one passes it") {
  const RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token=1 "));
  LineClient client = server.connect();
  client.send("LOCK a wait=forever\nPING\n#t PING\n");
  CHECK(client.line() == "#t OK pong");
  CHECK_FALSE(client.has_news());
  CHECK(holder.ask("UNLOCK a token=1") == "OK");
  CHECK(starts(client.line(), "OK token=2 "));
  CHECK(client.line() == "OK pong");
}

TEST_CASE("tagged waits are answered as they are known") {
  const RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token=1 "));
  REQUIRE(starts(holder.ask("LOCK b"), "OK token=2 "));
  LineClient client = server.connect();
  CHECK(client.ask("#x LOCK a wait=forever\n#y LOCK b wait=forever\nPING") == "OK pong");
  CHECK(holder.ask("UNLOCK b token=2") == "OK");
  CHECK(starts(client.line(), "#y OK token=3 "));
  CHECK(holder.ask("UNLOCK a token=1") == "OK");
  CHECK(starts(client.line(), "#x OK token=4 "));
  CHECK(client.ask("#x PING") == "#x OK pong");
}

TEST_CASE("a tag still in use is refused and ends the connection") {
  const RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token="));
  LineClient client = server.connect();
  client.send("#x LOCK a wait=forever\n#x PING\nPING\n");
  CHECK(starts(client.line(), "#x ERR CANCELLED"));
  CHECK(starts(client.line(), "ERR BAD_REQUEST tag=x msg=\""));
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("the longest line is served, one byte more is TOO_LONG and can be read") {
  const RunningServer server;
  LineClient client = server.connect();
  CHECK(client.ask("PING" + std::string(8'192 - 5, ' ')) == "OK pong");
  client.send("PING\nPING" + std::string(8'192 - 4, ' ') + "\n" + std::string(300'000, 'x'));
  CHECK(client.line() == "OK pong");
  CHECK(starts(client.line(), "ERR TOO_LONG"));
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("a line too long is refused before its end has come, after what is due") {
  const RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token="));
  LineClient client = server.connect();
  client.send("LOCK a wait=forever\nPING\n" + std::string(8'192, 'x'));
  CHECK(starts(client.line(), "ERR CANCELLED"));
  CHECK(client.line() == "OK pong");
  CHECK(starts(client.line(), "ERR TOO_LONG"));
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("at the end of input what was sent is answered, waits end, half a line is ignored") {
  const RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token="));
  LineClient client = server.connect();
  client.send("PING\nLOCK a wait=forever\nPING\nLOCK c");
  client.finish_output();
  CHECK(client.line() == "OK pong");
  CHECK(starts(client.line(), "ERR CANCELLED"));
  CHECK(client.line() == "OK pong");
  CHECK(client.line() == std::nullopt);
  CHECK(starts(holder.ask("LOCK c wait=0"), "OK token=2 "));
}

TEST_CASE("a wait ends with its connection, and the next in the queue is granted") {
  const RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token=1 "));
  LineClient gone = server.connect();
  CHECK(gone.ask("#w LOCK a wait=forever\nPING") == "OK pong");
  LineClient next = server.connect();
  CHECK(next.ask("#w LOCK a wait=forever\nPING") == "OK pong");
  gone.close();
  while (holder.ask("SHOW a").find("\"waiters_total\":1") == std::string::npos) continue;
  CHECK(holder.ask("UNLOCK a token=1") == "OK");
  CHECK(starts(next.line(), "#w OK token=2 "));
}

TEST_CASE("QUIT says bye and closes, what comes behind it is not read") {
  const RunningServer server;
  LineClient client = server.connect();
  client.send("PING\nQUIT\nLOCK a\n");
  CHECK(client.line() == "OK pong");
  CHECK(client.line() == "OK bye");
  CHECK(client.line() == std::nullopt);
  CHECK(starts(server.connect().ask("LOCK a wait=0"), "OK token=1 "));
}

TEST_CASE("a browser is closed without a word") {
  const RunningServer server;
  LineClient client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(client.is_closed());
}

TEST_CASE("a NUL byte is answered, then the connection is closed") {
  const RunningServer server;
  LineClient client = server.connect();
  client.send(std::string_view("PI\0NG\nPING\n", 11));
  CHECK(starts(client.line(), "ERR BAD_REQUEST"));
  CHECK(client.line() == std::nullopt);
}

TEST_CASE("a session's secret is 128 random bits in hex, and never twice the same") {
  const RunningServer server;
  const std::string first = server.connect().ask("OPEN ttl=5s");
  const std::string second = server.connect().ask("OPEN ttl=5s");
  REQUIRE(starts(first, "OK session="));
  const std::string secret = first.substr(11, first.find(' ', 11) - 11);
  CHECK(secret.size() == 32);
  CHECK(secret.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(second.find(secret) == std::string::npos);
}

TEST_CASE("a drain ends waits, answers what is due and closes") {
  RunningServer server;
  LineClient holder = server.connect();
  REQUIRE(starts(holder.ask("LOCK a"), "OK token="));
  LineClient client = server.connect();
  CHECK(client.ask("#w LOCK a wait=forever\nPING") == "OK pong");
  server.drain();
  CHECK(starts(client.line(), "#w ERR SHUTTING_DOWN"));
  CHECK(client.line() == std::nullopt);
  CHECK(holder.line() == std::nullopt);
  server.wait_until_drained();
}

TEST_CASE("a drain tells those who watch that it was the server that ended it") {
  RunningServer server;
  LineClient client = server.connect();
  REQUIRE(client.ask("WATCH") == "OK");
  server.drain();
  CHECK(starts(client.line(), "ERR SHUTTING_DOWN msg=\""));
  CHECK(client.line() == std::nullopt);
  server.wait_until_drained();
}

TEST_CASE("a drain answers what was set aside, before it says that the watch ends") {
  RunningServer server({}, RunningServer::Past::forgotten);
  LineClient client = server.connect();
  CHECK(client.ask("WATCH\nLOCK a wait=1h") == "OK");  // held back: after a restart
  CHECK(server.connect().ask("PING") == "OK pong");
  server.drain();
  CHECK(client.line() == "ERR SHUTTING_DOWN");
  CHECK(starts(client.line(), "ERR SHUTTING_DOWN msg=\""));
  CHECK(client.line() == std::nullopt);
  server.wait_until_drained();
}

TEST_CASE(
    "a drain answers the request that the node has set aside, not only what waits in a queue") {
  RunningServer server({}, RunningServer::Past::forgotten);
  LineClient client = server.connect();
  CHECK(client.ask("PING\n#1 LOCK a wait=1h\nPING") == "OK pong");  // held back: after a restart
  server.drain();
  CHECK(starts(client.line(), "#1 ERR SHUTTING_DOWN"));
  CHECK(client.line() == std::nullopt);
  server.wait_until_drained();
}

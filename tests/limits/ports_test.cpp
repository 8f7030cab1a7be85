// SPDX-License-Identifier: Apache-2.0
//
// What the real pawld takes of one who asks over HTTP, or in Redis' words.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "limits/ask.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

std::uint16_t http_port_of(Daemon& daemon) {
  const std::string& said = daemon.process().output();
  constexpr std::string_view key = R"("http":"127.0.0.1:)";
  const std::size_t at = said.find(key);
  REQUIRE(at != said.npos);
  return static_cast<std::uint16_t>(std::stoi(said.substr(at + key.size())));
}

// EXISTS of so many words. Who sends it adds the line's end.
std::string exists(std::size_t words) {
  std::string text = "*" + std::to_string(words) + "\r\n$6\r\nEXISTS\r";
  for (std::size_t i = 1; i < words; ++i) text += "\n$1\r\nx\r";
  return text;
}

}  // namespace

TEST_CASE("64 idle connections of the HTTP port keep nobody out, and no client of locks") {
  Daemon daemon(
      {"--set", "durability=none", "--set", "listen.http=127.0.0.1:0", "--set", "log.format=json"});
  const std::uint16_t port = http_port_of(daemon);
  std::vector<std::unique_ptr<LineClient>> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(std::make_unique<LineClient>(port));
  for (int i = 0; i < 100; ++i) {
    LineClient monitor(port);
    REQUIRE(ask(monitor, "GET /livez HTTP/1.0\r\n\r") == "HTTP/1.1 200 OK\r");
  }
  CHECK(idle.front()->is_closed());  // it has made room
  CHECK(ask(idle.back().operator*(), "GET /livez HTTP/1.0\r\n\r") == "HTTP/1.1 200 OK\r");
  CHECK(ask(LineClient(daemon.port()), "LOCK a") == "OK token=1 ttl=30000");
}

TEST_CASE("a Redis command has 1,024 words and as many bytes as a line, or the connection ends") {
  const Daemon daemon({"--set", "durability=none", "--set", "limits.line=64KiB"});
  LineClient most(daemon.port());
  CHECK(ask(most, exists(1'024)) == "-ERR at most 64 keys at once\r");
  CHECK(ask(most, exists(65)) == ":0\r");  // the word itself and 64 keys
  LineClient more(daemon.port());
  CHECK(ask(more, exists(1'025)) ==
        "-ERR Protocol error: expected '*' and at most 1024 arguments\r");
  CHECK(more.is_closed());
  LineClient longer(daemon.port());
  CHECK(ask(longer, "*2\r\n$4\r\nPING\r\n$70000\r\n" + std::string(66'000, 'x')) ==
        "-ERR Protocol error: a command has too many bytes (limits.line)\r");
  CHECK(longer.is_closed());
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "disk/data_directory.hpp"

using namespace pawl::testing;

namespace {

constexpr int waiters = 500;
const std::string note = " note=" + std::string(1'000, 'x');

// A lock and its waiters: in a snapshot more than one chunk of it.
void crowd_around(LineClient& client) {
  REQUIRE(ask(client, "LOCK a ttl=1h") == "OK token=1 ttl=3600000");
  for (int i = 0; i < waiters; ++i) {
    const std::string name = std::to_string(i);
    client.send("#" + name + " LOCK a wait=forever id=" + name + note);
  }
  REQUIRE(ask(client, "PING") == "OK pong");
}

// A hundred locks come and go: about 100 KiB of log.
void come_and_go(LineClient& client) {
  constexpr int locks = 100;
  std::string lines = "PING";
  for (int i = 0; i < locks; ++i) lines += "\nLOCK c/" + std::to_string(i) + " ttl=1h" + note;
  client.send(lines);
  REQUIRE(client.read_line() == "OK pong");
  lines = "PING";
  for (int i = 0; i < locks; ++i) {
    const std::uint64_t token = number_of(client.read_line(), "token");
    lines += "\nUNLOCK c/" + std::to_string(i) + " token=" + std::to_string(token);
  }
  client.send(lines);
  for (int i = 0; i < 1 + locks; ++i) REQUIRE(client.read_line().starts_with("OK"));
}

}  // namespace

TEST_CASE("a long log is followed by a snapshot, and a start takes up what is in it") {
  constexpr int enough = 700;  // 64 MiB and some
  const DataDirectory data;
  {
    const auto daemon = data.start();
    LineClient waiting(daemon->port());
    LineClient client(daemon->port());
    crowd_around(waiting);
    for (int i = 0; i < enough; ++i) come_and_go(client);
    while (const auto line = daemon->process().read_line()) {
      if (line->find("snapshot saved") != std::string::npos) break;
    }
    REQUIRE(ask(client, "LOCK b ttl=1h").starts_with("OK token="));
    daemon->process().kill();
  }
  CHECK_FALSE(data.file("snap-").empty());

  const auto daemon = data.start();

  LineClient client(daemon->port());
  CHECK(ask(client, "VERIFY a token=1").starts_with("OK ttl="));
  CHECK(ask(client, "SHOW a limit=1").find("\"waiters_total\":500") != std::string::npos);
  CHECK(ask(client, "LOCK b").starts_with("ERR BUSY"));
}

// SPDX-License-Identifier: Apache-2.0
//
// Limits of one client and of one lock, reached at their defaults in the real pawld.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "limits/ask.hpp"
#include "scale/load.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

const std::vector<std::string> in_memory{"--set", "durability=none"};

// That no untagged reply holds back, and nobody reads: they wait.
void send_waits(LineClient& client, const std::string& lock, int first, int end) {
  constexpr int at_once = 100;
  for (int wait = first; wait < end;) {
    std::string lines;
    for (const int stop = std::min(end, wait + at_once); wait < stop; ++wait) {
      lines += "#w" + std::to_string(wait) + " LOCK " + lock + " wait=1h\n";
    }
    REQUIRE(ask(client, lines + "PING") == "OK pong");
  }
}

}  // namespace

TEST_CASE("a connection has 64 watches, and its locks go on") {
  const Daemon daemon(in_memory);
  LineClient client(daemon.port());
  for (int watch = 0; watch < 64; ++watch) {
    REQUIRE(ask(client, "WATCH w" + std::to_string(watch) + "/") == "OK");
  }
  CHECK(ask(client, "WATCH w64/") == "ERR LIMIT limit=watches");
  CHECK(ask(client, "LOCK a") == "OK token=1 ttl=30000");
  CHECK(ask(client, "UNWATCH w7/") == "OK");
  CHECK(ask(client, "WATCH w64/") == "OK");
}

TEST_CASE("of a pipeline 1,024 requests are read, and the next when one is answered") {
  const Daemon daemon(in_memory);
  LineClient holder(daemon.port());
  REQUIRE(ask(holder, "LOCK a") == "OK token=1 ttl=30000");
  LineClient within(daemon.port());
  LineClient beyond(daemon.port());
  std::string pings;
  for (int i = 2; i < 1'024; ++i) pings += "PING\n";
  within.send("LOCK a wait=1h\n" + pings + "#t PING");
  CHECK(within.read_line() == "#t OK pong");
  beyond.send("LOCK a wait=1h\nPING\n" + pings + "#t PING");
  within.send("#u PING");
  CHECK(within.read_line() == "#u OK pong");
  REQUIRE(ask(holder, "UNLOCK a token=1") == "OK");
  CHECK(within.read_line() == "OK token=2 ttl=30000");
  REQUIRE(ask(holder, "UNLOCK a token=2") == "OK");
  CHECK(beyond.read_line() == "OK token=3 ttl=30000");  // and only then what is behind
  for (int i = 1; i < 1'024; ++i) REQUIRE(beyond.read_line() == "OK pong");
  CHECK(beyond.read_line() == "#t OK pong");
}

TEST_CASE("10,000 wait for a lock, and the first of them is granted all the same") {
  const Daemon daemon(in_memory);
  LineClient holder(daemon.port());
  REQUIRE(ask(holder, "LOCK a") == "OK token=1 ttl=30000");
  LineClient crowd(daemon.port());
  send_waits(crowd, "a", 0, 10'000);
  CHECK(ask(holder, "LOCK a wait=1h") == "ERR LIMIT limit=waiters_per_lock");
  CHECK(ask(holder, "LOCK b wait=1h") == "OK token=2 ttl=30000");
  CHECK(ask(holder, "UNLOCK a token=1") == "OK");
  CHECK(crowd.read_line() == "#w0 OK token=3 ttl=30000");
}

TEST_CASE("a session has 10,000 waits, and is kept alive") {
  const Daemon daemon(in_memory);
  LineClient holder(daemon.port());
  REQUIRE(ask(holder, "LOCK a") == "OK token=1 ttl=30000");
  REQUIRE(ask(holder, "LOCK b") == "OK token=2 ttl=30000");
  LineClient session(daemon.port());
  REQUIRE(ask(session, "OPEN ttl=1h deadlock=off").starts_with("OK session="));
  send_waits(session, "a", 0, 5'000);
  send_waits(session, "b", 5'000, 10'000);
  CHECK(ask(session, "LOCK b wait=1h") == "ERR LIMIT limit=waiters_per_session");
  CHECK(ask(session, "LOCK c") == "OK token=3 ttl=3600000");
  CHECK(ask(session, "KEEPALIVE") == "OK ttl=3600000");
  CHECK(ask(holder, "UNLOCK a token=1") == "OK");
  CHECK(session.read_line() == "#w0 OK token=4 ttl=3600000");
}

TEST_CASE("a session has 100,000 locks, and gives them back") {
  const Daemon daemon(in_memory);
  Load session(daemon.port());
  session.open(1);
  constexpr std::size_t most = 100'000;
  session.perform({64, [made = std::size_t{0}](std::size_t, std::string& out) mutable {
                     if (made == 0) out += "OPEN ttl=1h\n";
                     if (made == most) return;
                     out += "LOCK l";
                     append_number(out, made++, 6);
                     out += '\n';
                   }});
  REQUIRE(session.refusals() == 0);
  session.perform({1, [asked = 0](std::size_t, std::string& out) mutable {
                     if (asked++ == 0) out += "LOCK one-more\nKEEPALIVE\nCLOSE\nLOCK l000007\n";
                   }});
  CHECK(session.refusals() == 1);
  CHECK(session.first_refusal() == "ERR LIMIT limit=locks_per_session");
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// The memory of the lock table used up: what is refused, and what is served as ever.
#include <catch2/catch.hpp>
#include <string>

#include "limits/ask.hpp"
#include "scale/load.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

const std::string refusal =
    "ERR LIMIT limit=memory msg=\"memory is used up; renew and unlock go on\"";

// Locks of a crowd until there is no more memory; how many there are.
std::size_t fill(std::uint16_t port) {
  Load crowd(port);
  crowd.open(1);
  std::size_t asked = 0;
  crowd.perform({256, [&](std::size_t, std::string& out) {
                   if (crowd.refusals() == 0) {
                     out += "LOCK crowd/" + std::to_string(asked++) + " ttl=1h\n";
                   }
                 }});
  CHECK(crowd.first_refusal() == refusal);
  return asked - crowd.refusals();
}

}  // namespace

TEST_CASE("with its memory used up pawld renews, verifies, unlocks, cancels and expires") {
  const std::string durability = GENERATE("none", "fsync");
  const Daemon daemon({"--set", "durability=" + durability, "--set", "limits.memory=1MiB"});
  LineClient client(daemon.port());
  LineClient waiter(daemon.port());
  LineClient session(daemon.port());
  LineClient other(daemon.port());
  REQUIRE(ask(client, "LOCK mine ttl=1h id=mine") == "OK token=1 ttl=3600000");
  REQUIRE(ask(session, "OPEN id=own ttl=1h").starts_with("OK session=own "));
  REQUIRE(ask(session, "LOCK in-session") == "OK token=2 ttl=3600000");
  waiter.send("LOCK in-session wait=1h ttl=1h");
  REQUIRE(ask(other, "LOCK brief ttl=1s") == "OK token=3 ttl=1000");
  CHECK(fill(daemon.port()) > 1'000);

  CHECK(ask(client, "LOCK fresh") == refusal);
  CHECK(ask(client, "LOCK mine wait=1h") == refusal);
  CHECK(ask(client, "WATCH") == refusal);
  CHECK(ask(LineClient(daemon.port()), "OPEN") == refusal);

  CHECK(ask(client, "RENEW mine token=1") == "OK ttl=3600000");
  CHECK(ask(client, "RENEW mine token=1 ttl=2h") == "OK ttl=7200000");
  CHECK(ask(client, "LOCK mine id=mine ttl=3h") == "OK token=1 ttl=10800000");
  CHECK(ask(client, "VERIFY mine token=1").starts_with("OK ttl="));
  CHECK(ask(client, "CANCEL mine id=mine").starts_with("OK cancelled=no token=1 "));
  CHECK(ask(client, "CANCEL mine id=other") == "OK cancelled=yes");
  CHECK(ask(session, "KEEPALIVE") == "OK ttl=3600000");
  CHECK(ask(other, "RESUME own").starts_with("OK session=own "));
  CHECK(ask(other, "UNLOCK in-session token=2") == "OK");
  CHECK(waiter.read_line().starts_with("OK token="));
  CHECK(ask(client, "SHOW mine").starts_with("OK {"));
  CHECK(ask(client, "BREAK crowd/0 token=4 reason=test") == "OK");
  while (ask(client, "SHOW brief").find("\"token\":3,") != std::string::npos) continue;
  CHECK(ask(session, "CLOSE") == "OK released=0");
  CHECK(ask(client, "UNLOCK mine token=1") == "OK");
}

TEST_CASE("what is given back is room for others again") {
  const Daemon daemon({"--set", "durability=none", "--set", "limits.memory=1MiB"});
  LineClient client(daemon.port());
  const std::size_t crowd = fill(daemon.port());
  CHECK(ask(client, "UNLOCK crowd/0 token=1") == "OK");
  CHECK(ask(client, "UNLOCK crowd/1 token=2") == "OK");
  CHECK(ask(client, "LOCK fresh") == "OK token=" + std::to_string(crowd + 1) + " ttl=30000");
}

}  // namespace pawl::testing

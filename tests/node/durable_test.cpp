// SPDX-License-Identifier: Apache-2.0
//
// What outlives the process: a start goes on from what the disk had, and owes to those who remember
// what the disk does not.
#include <catch2/catch.hpp>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

}  // namespace

TEST_CASE("a session's lock outlives a restart: its id finds it again") {
  Core core(with(Durability::fsync));
  core.ask("A", "OPEN id=mine");
  const Token token = token_of(core.ask("A", "LOCK x id=a"));

  core.restart();

  core.ask("A", "RESUME mine");
  CHECK(token_of(core.ask("A", "LOCK x id=a")) == token);
}

TEST_CASE(
    "leases begin anew in slices: what is asked meanwhile is answered once all of them have") {
  constexpr int locks = 70'000;  // more than one slice
  Core core(with(Durability::fsync), Flushing::at_once);
  for (int i = 0; i < locks; ++i) core.send("A", "LOCK " + std::to_string(i));

  core.settles = false;
  core.restart();
  core.send("B", "LOCK x");
  CHECK(core.node().next_deadline() == core.now());
  core.settles = true;
  core.advance(1ms);

  CHECK(token_of(core.read_or_nothing("B")) == Token{locks + 1});
  core.advance(29s);
  CHECK(core.node().table().lock_count() == locks + 1);
  core.advance(2s);
  CHECK(core.node().table().lock_count() == 0);
}

TEST_CASE(
    "what it takes to arm all leases is nobody's lease time: a RENEW sent meanwhile is in time") {
  constexpr int locks = 70'000;
  Core core(with(Durability::fsync), Flushing::at_once);
  for (int i = 0; i < locks; ++i) core.send("A", "LOCK " + std::to_string(i) + " ttl=500ms");
  core.settles = false;
  core.restart();

  core.send("B", "RENEW 0 token=1");
  core.stall(600ms);
  core.settles = true;
  core.flush();

  CHECK(core.read_or_nothing("B") == "OK ttl=500");
}

TEST_CASE("no LOCK may bring a token above the ceiling: it waits until META has a higher one") {
  Core core(with(Durability::fsync));
  core.ask("A", "LOCK x");
  core.restart({.ceiling = Token{3}});

  core.send("A", "LOCK a");
  core.send("B", "LOCK b");
  core.send("C", "LOCK c");
  CHECK(core.node().replica().in_flight() == 2);
  core.flush();
  CHECK(core.read_or_nothing("A") == "OK token=2 ttl=30000");
  CHECK(core.read_or_nothing("B") == "OK token=3 ttl=30000");
  CHECK(core.ask("B", "UNLOCK b token=3") == "OK");
  CHECK_FALSE(core.read("C"));

  CHECK(core.store_meta());
  core.flush();
  CHECK(core.read_or_nothing("C") == "OK token=4 ttl=30000");
}

TEST_CASE("a waiter's token is counted when it begins to wait, so that a hand-over needs no META") {
  Core core(with(Durability::fsync));
  core.ask("A", "LOCK x ttl=10s");
  core.restart({.ceiling = Token{2}});

  core.ask("B", "LOCK x wait=1h ttl=1h");
  core.ask("C", "LOCK x wait=1h");
  CHECK(core.node().table().waiter_count() == 1);
  core.advance(11s);  // A's lease ends
  core.flush();

  CHECK(core.read_or_nothing("B") == "OK token=2 ttl=3600000");
  CHECK(core.store_meta());
  core.flush();
  CHECK(core.node().table().waiter_count() == 1);
}

TEST_CASE("more waiters than the ceiling has room for: it is raised beyond them all") {
  Core core(with(Durability::fsync));
  core.ask("A", "LOCK x");
  for (int i = 0; i < 3; ++i) core.ask("W" + std::to_string(i), "LOCK x wait=1h id=w");
  core.restart({.ceiling = Token{2}});

  core.ask("B", "LOCK y");
  CHECK_FALSE(core.read("B"));
  CHECK(core.store_meta());
  core.flush();

  CHECK(core.read_or_nothing("B") == "OK token=2 ttl=30000");
  CHECK_FALSE(core.store_meta());
}

TEST_CASE("a forgotten grant may be believed: a repeated LOCK is not told of the hold before it") {
  Core core(with(Durability::relaxed));
  const Token token = token_of(core.ask("A", "LOCK x id=a ttl=1h"));

  core.restart({.grace = 10s});

  CHECK(core.ask("A", "LOCK x id=a") ==
        "ERR BUSY delay=10000 msg=\"after a restart, until forgotten leases have lapsed\"");
  core.send("A", "#1 LOCK x id=a wait=30s ttl=2h");
  core.advance(9'999ms);
  CHECK_FALSE(core.read("A"));
  core.advance(1ms);
  core.flush();
  CHECK(core.read_or_nothing("A") == "#1 OK token=" + std::to_string(token.value) + " ttl=7200000");
}

TEST_CASE("a repeated LOCK held back renews nothing: its lease ends, and then it is granted anew") {
  Core core(with(Durability::relaxed));
  const Token token = token_of(core.ask("A", "LOCK x id=a ttl=2s"));
  core.restart({.grace = 10s});

  core.send("A", "LOCK x id=a wait=30s");
  core.advance(3s);
  core.flush();
  CHECK(core.node().table().lock_count() == 0);

  core.advance(7s);
  core.flush();
  CHECK(token_of(core.read_or_nothing("A")) > token);
}

TEST_CASE("a forgotten grant may be believed: CANCEL does not say yes-it-is-yours") {
  Core core(with(Durability::relaxed));
  const Token token = token_of(core.ask("A", "LOCK x id=a ttl=1h"));
  core.ask("B", "LOCK x id=b wait=1h");
  core.restart({.grace = 10s});

  CHECK(core.ask("B", "CANCEL x id=b") == "OK cancelled=yes");
  core.send("A", "CANCEL x id=a");
  core.advance(9'999ms);
  CHECK_FALSE(core.read("A"));
  core.advance(1ms);
  core.flush();
  CHECK_THAT(core.read_or_nothing("A"),
             StartsWith("OK cancelled=no token=" + std::to_string(token.value)));
}

TEST_CASE("after a restart that may have forgotten a grant, what is held is renewed and unlocked") {
  Core core(with(Durability::relaxed));
  const std::string x =
      " x token=" + std::to_string(token_of(core.ask("A", "LOCK x ttl=1h")).value);
  core.ask("B", "OPEN id=mine");
  core.restart({.grace = 10s});

  CHECK(core.ask("A", "RENEW" + x) == "OK ttl=3600000");
  CHECK_THAT(core.ask("A", "VERIFY" + x), StartsWith("OK ttl=3"));
  CHECK_THAT(core.ask("B", "RESUME mine"), StartsWith("OK"));
  CHECK(core.ask("B", "KEEPALIVE") == "OK ttl=10000");
  CHECK(core.ask("A", "UNLOCK" + x) == "OK");
}

TEST_CASE("a request held back whose connection ends is forgotten") {
  Core core(with(Durability::relaxed));
  core.ask("A", "LOCK x id=a ttl=1h");
  core.restart({.grace = 10s});
  core.send("A", "CANCEL x id=a");
  core.disconnect("A");

  core.advance(11s);

  CHECK(token_of(core.ask("B", "LOCK x id=a")).value == 1);
}

}  // namespace pawl::testing

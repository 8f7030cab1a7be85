// SPDX-License-Identifier: Apache-2.0
//
// Requests among records: who waits for what, and what a drain leaves.
#include "node/node.hpp"

#include <catch2/catch.hpp>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

Durability either() { return GENERATE(Durability::none, Durability::fsync); }

}  // namespace

TEST_CASE("no grant is answered before its record is flushed") {
  Core core(with(Durability::fsync));

  core.send("A", "LOCK x");
  CHECK_FALSE(core.read("A"));
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token="));
}

TEST_CASE("no request overtakes its own connection's record: VERIFY sees the LOCK before it") {
  Core core(with(either()));

  core.send("A", "LOCK x");
  core.send("A", "VERIFY x token=1");
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token=1 "));
  CHECK(core.read_or_nothing("A") == "OK ttl=30000");
}

TEST_CASE("VERIFY does not see the UNLOCK behind it") {
  Core core(with(either()));
  core.ask("A", "LOCK x");

  core.send("A", "LOCK y");
  core.send("A", "VERIFY x token=1");
  core.send("A", "UNLOCK x token=1");
  core.flush();
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token=2 "));
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK ttl="));
  CHECK(core.read_or_nothing("A") == "OK");
}

TEST_CASE("a read does not wait for the records of others") {
  Core core(with(Durability::fsync));
  core.send("A", "LOCK x");
  core.send("B", "LIST");

  CHECK(core.read_or_nothing("B") == R"(OK {"locks":[],"next":null})");
}

TEST_CASE("OPEN, then LOCK while it is in flight: the lock is the session's") {
  Core core(with(either()));

  core.send("A", "OPEN ttl=10s");
  core.send("A", "LOCK x");
  core.send("A", "UNLOCK x token=1");
  core.send("A", "KEEPALIVE");
  core.send("A", "CLOSE");
  for (int i = 0; i < 5; ++i) core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK session="));
  CHECK(core.read_or_nothing("A") == "OK token=1 ttl=10000");
  CHECK(core.read_or_nothing("A") == "OK");
  CHECK(core.read_or_nothing("A") == "OK ttl=10000");
  CHECK(core.read_or_nothing("A") == "OK released=0");
}

TEST_CASE("a parked request is answered once, and one whose connection has gone is forgotten") {
  Core core(with(Durability::fsync));
  core.send("A", "LOCK x");
  core.send("A", "VERIFY x token=1");
  core.send("B", "LOCK y");
  core.send("B", "VERIFY y token=2");

  core.disconnect("B");
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token=1"));
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK ttl="));
  CHECK_FALSE(core.read("A"));
}

TEST_CASE("one deadline per request: a wait that parked first does not start anew (S16)") {
  Core core(with(Durability::fsync));
  core.ask("H", "LOCK x");
  core.send("A", "LOCK x wait=1s");
  core.advance(600ms);
  core.flush();

  core.advance(400ms);
  core.flush();

  CHECK(core.read_or_nothing("A") == "ERR TIMEOUT");
}

TEST_CASE("drain: waits end, new locks are refused, renew and unlock and keepalive go on") {
  Core core(with(either()));
  core.ask("A", "LOCK x");
  core.ask("S", "OPEN");
  core.send("B", "LOCK x wait=10s");
  core.send("C", "LOCK x wait=10s id=one");
  core.flush();

  core.drain();
  core.flush();

  CHECK_THAT(core.read_or_nothing("B"), StartsWith("ERR SHUTTING_DOWN"));
  CHECK_THAT(core.read_or_nothing("C"), StartsWith("ERR SHUTTING_DOWN"));
  CHECK_THAT(core.ask("A", "LOCK y"), StartsWith("ERR SHUTTING_DOWN"));
  CHECK_THAT(core.ask("D", "OPEN"), StartsWith("ERR SHUTTING_DOWN"));
  CHECK(core.ask("A", "RENEW x token=1") == "OK ttl=30000");
  CHECK(core.ask("S", "KEEPALIVE") == "OK ttl=10000");
  CHECK(core.ask("A", "UNLOCK x token=1") == "OK");
}

TEST_CASE("drain: a LOCK in flight that would wait is answered, too") {
  Core core(with(Durability::fsync));
  core.ask("A", "LOCK x");
  core.send("B", "LOCK x wait=10s");

  core.drain();
  core.flush();
  core.flush();

  CHECK_THAT(core.read_or_nothing("B"), StartsWith("ERR SHUTTING_DOWN"));
}

TEST_CASE("a node without anything to end wants no tick") {
  Core core(with(either()));
  CHECK(core.node().next_deadline() == never);

  core.ask("A", "LOCK x");
  CHECK(core.node().next_deadline() <= core.now() + 250ms);
  CHECK(core.ask("A", "UNLOCK x token=1") == "OK");
  core.advance(40s);

  CHECK(core.node().next_deadline() == never);
}

TEST_CASE("fencing tokens rise with every grant of any lock, and with nothing else") {
  Core core(with(either()));
  Token last{0};
  for (int i = 0; i < 50; ++i) {
    const std::string name = i % 2 == 0 ? "x" : "y" + std::to_string(i);
    const std::string grant = core.ask("A", "LOCK " + name + " ttl=1h");
    REQUIRE(token_of(grant) == Token{last.value + 1});
    last = token_of(grant);
    const std::string token = " token=" + std::to_string(last.value);
    core.ask("A", "RENEW " + name + token);
    core.ask("A", "RENEW " + name + token + " ttl=2h");
    core.ask("B", "LOCK " + name);
    if (i % 2 == 0) REQUIRE(core.ask("A", "UNLOCK " + name + token) == "OK");
  }
}

}  // namespace pawl::testing

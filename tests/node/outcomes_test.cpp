// SPDX-License-Identifier: Apache-2.0
//
// What waits and grants come to when connections, sessions and time end meanwhile.
#include <catch2/catch.hpp>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

Durability either() { return GENERATE(Durability::none, Durability::fsync); }

std::string unlock(Token token) { return "UNLOCK x token=" + std::to_string(token.value); }

}  // namespace

TEST_CASE("late grant after timeout: a wait answered TIMEOUT is never granted") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=100ms");
  core.flush();

  // The end of the wait is in flight when the lock comes free.
  core.advance(100ms);
  core.send("H", unlock(held));
  core.flush();

  CHECK(core.read_or_nothing("A") == "ERR TIMEOUT");
  CHECK(core.node().table().last_granted() == held);
  CHECK(core.node().table().lock_count() == 0);
}

TEST_CASE("late timeout after a grant: a wait granted in time keeps its grant") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=100ms");
  core.flush();

  core.send("H", unlock(held));
  core.advance(100ms);
  core.flush();

  const Token token = token_of(core.read_or_nothing("A"));
  CHECK(token > held);
  CHECK_THAT(core.ask("A", "VERIFY x token=" + std::to_string(token.value)), StartsWith("OK"));
  CHECK_FALSE(core.read("A"));
}

TEST_CASE("what max_hold takes back is promised for no longer, though a renewal stands before it") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("A", "LOCK x ttl=10s max_hold=100ms"));
  core.advance(99ms);
  core.send("A", "RENEW x token=" + std::to_string(held.value) + " ttl=20s");
  core.advance(10ms);  // its end stands in the log behind the renewal
  core.flush();

  CHECK(core.read_or_nothing("A") == "OK ttl=0");
  CHECK(core.ask("A", "VERIFY x token=" + std::to_string(held.value)) == "ERR NOT_HELD");
}

TEST_CASE("CANCEL past max_hold, before it is taken back: it is yours, and nothing is left of it") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("A", "LOCK x id=a ttl=10s max_hold=100ms"));
  core.advance(99ms);
  core.send("A", "CANCEL x id=a");
  core.advance(10ms);  // its end stands in the log behind the question
  core.flush();

  CHECK(core.read_or_nothing("A") ==
        "OK cancelled=no token=" + std::to_string(held.value) + " ttl=0");
  CHECK(core.ask("A", "CANCEL x id=a") == "OK cancelled=yes");
}

TEST_CASE("disconnect during enqueue: no wait without an id is left behind") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));

  core.send("A", "LOCK x wait=10s");
  core.disconnect("A");
  core.flush();
  core.flush();

  CHECK(core.node().table().waiter_count() == 0);
  CHECK(core.ask("H", unlock(held)) == "OK");
  CHECK(core.node().table().last_granted() == held);
}

TEST_CASE("disconnect during enqueue: a wait with an id keeps its place, passed over meanwhile") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=10s id=one");
  core.disconnect("A");
  core.flush();
  core.flush();
  CHECK(core.node().table().waiter_count() == 1);

  core.send("B", "LOCK x wait=10s");
  core.flush();
  CHECK(core.ask("H", unlock(held)) == "OK");

  CHECK_THAT(core.read_or_nothing("B"), StartsWith("OK token="));
}

TEST_CASE("end of input during enqueue: others that ask for the id wait on") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=10s id=one");
  core.flush();

  core.send("Z", "LOCK y");  // so that the next is a record
  core.send("B", "LOCK x wait=10s ttl=20s id=one");
  core.end_input("B");
  core.flush();
  core.flush();

  CHECK_THAT(core.read_or_nothing("B"), StartsWith("ERR CANCELLED"));
  CHECK_FALSE(core.read("A"));
  CHECK(core.ask("H", unlock(held)) == "OK");
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token="));
}

TEST_CASE("a grant to a dead connection is given back, if nobody can ask for it") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=10s");
  core.send("B", "LOCK x wait=10s");
  core.flush();

  core.send("H", unlock(held));
  core.disconnect("A");  // the grant to A is on its way
  core.flush();
  core.flush();

  CHECK_THAT(core.read_or_nothing("B"), StartsWith("OK token="));
}

TEST_CASE("a grant to a dead connection with an id is there for whoever comes with the id") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=10s id=one");
  core.flush();

  core.send("H", unlock(held));
  core.disconnect("A");
  core.flush();
  core.flush();

  CHECK(token_of(core.ask("C", "LOCK x wait=10s id=one")) == Token{held.value + 1});
}

TEST_CASE("session lapse while waiting: the wait ends with it and is never granted") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.ask("S", "OPEN ttl=1s");
  core.send("S", "LOCK x wait=10s");
  core.flush();

  core.advance(1'100ms);
  core.send("H", unlock(held));
  core.flush();

  CHECK_THAT(core.read_or_nothing("S"), StartsWith("ERR SESSION_EXPIRED"));
  CHECK(core.node().table().last_granted() == held);
}

TEST_CASE("granted before its session's end has applied: told only once it has, which is certain") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.ask("S", "OPEN ttl=1s");
  core.send("S", "LOCK x wait=10s");
  core.flush();
  core.send("Z", "LOCK other");
  core.advance(1'100ms);  // the session's end waits for what stands in the log
  core.send("H", unlock(held));
  core.flush_one_record();
  core.flush_one_record();
  REQUIRE(core.node().table().last_granted() == Token{held.value + 2});

  // A primary that loses the end of its log here has lost the session's end, not the grant.
  CHECK(core.read_or_nothing("S") == "");
  core.flush();
  CHECK_THAT(core.read_or_nothing("S"), StartsWith("ERR SESSION_EXPIRED"));
}

TEST_CASE("all that ask for one id get the one answer") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=10s id=one");
  core.flush();
  core.send("B", "LOCK x wait=10s id=one");
  core.flush();

  core.ask("H", unlock(held));
  core.flush();

  const std::string grant = core.read_or_nothing("A");
  CHECK_THAT(grant, StartsWith("OK token="));
  CHECK(core.read_or_nothing("B") == grant);
}

TEST_CASE("the furthest deadline of those who still ask counts for all") {
  Core core(with(either()));
  core.ask("H", "LOCK x");
  core.send("A", "LOCK x wait=1s id=one");
  core.flush();
  core.send("B", "LOCK x wait=5s id=one");
  core.flush();
  core.advance(2s);
  core.flush();
  CHECK_FALSE(core.read("A"));

  core.disconnect("B");
  core.advance(10ms);
  core.flush();

  CHECK(core.read_or_nothing("A") == "ERR TIMEOUT");
}

TEST_CASE("EVENT LOST goes to whoever locked or renewed the lease last") {
  Core core(with(either()));
  core.ask("A", "EVENTS on");
  core.ask("B", "EVENTS on");
  const Token token = token_of(core.ask("A", "LOCK x ttl=1s"));
  core.ask("B", "RENEW x token=" + std::to_string(token.value));

  core.advance(1'100ms);
  core.flush();

  CHECK(core.read_or_nothing("B") ==
        "EVENT LOST name=x token=" + std::to_string(token.value) + " reason=expired");
  CHECK_FALSE(core.read("A"));
}

TEST_CASE("EVENT LOST of a broken lock comes after the reply to BREAK, on the same connection") {
  Core core(with(either()));
  core.ask("A", "EVENTS on");
  core.ask("A", "OPEN");
  const std::string token = std::to_string(token_of(core.ask("A", "LOCK x")).value);

  CHECK(core.ask("A", "BREAK x token=" + token + " reason=test") == "OK");
  CHECK(core.read_or_nothing("A") == "EVENT LOST name=x token=" + token + " reason=broken");
}

TEST_CASE("EVENT LOST of a session is one line, to every connection of it that asked") {
  Core core(with(either()));
  core.ask("A", "EVENTS on");
  core.ask("A", "OPEN ttl=1s id=both");
  core.ask("B", "OPEN id=both");
  core.ask("A", "LOCK x");
  core.ask("A", "LOCK y");

  core.advance(1'100ms);
  core.flush();

  CHECK(core.read_or_nothing("A") == "EVENT LOST session=s1 reason=session locks=2");
  CHECK_FALSE(core.read("A"));
  CHECK_FALSE(core.read("B"));
}

}  // namespace pawl::testing

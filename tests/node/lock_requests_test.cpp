// SPDX-License-Identifier: Apache-2.0
//
// LOCK, UNLOCK, RENEW, VERIFY, CANCEL, BREAK: the races. Those that need a record in flight run
// with durability fsync and flush by hand, the others with both.
#include <catch2/catch.hpp>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

Durability either() { return GENERATE(Durability::none, Durability::fsync); }

}  // namespace

TEST_CASE("retried lock: the same id has the same token, in flight and afterwards") {
  Core core(with(either()));

  core.send("A", "LOCK x ttl=30s id=one");
  core.send("B", "LOCK x ttl=30s id=one");
  core.flush();
  const std::string first = core.read_or_nothing("A");

  CHECK(token_of(first) > Token{});
  CHECK(core.read_or_nothing("B") == first);
  CHECK(core.ask("C", "LOCK x ttl=30s id=one") == first);
  CHECK(core.node().table().last_granted() == token_of(first));
}

TEST_CASE(
    "retried lock: a holder's id is not busy for itself while others' records are in flight") {
  Core core(with(Durability::fsync));
  const std::string grant = core.ask("A", "LOCK x ttl=30s id=one");
  core.send("B", "LOCK y ttl=30s");

  CHECK(core.ask("A", "LOCK x ttl=30s id=one") == grant);
}

TEST_CASE("retried lock: another ttl is set, not answered BUSY") {
  Core core(with(either()));
  const Token token = token_of(core.ask("A", "LOCK x ttl=30s id=one"));

  const std::string again = core.ask("A", "LOCK x ttl=60s id=one");

  CHECK(token_of(again) == token);
  CHECK(field(again, "ttl") == 60'000);
  CHECK(core.ask("A", "RENEW x token=" + std::to_string(token.value)) == "OK ttl=60000");
}

TEST_CASE("retried lock: no expiry decided while it is in flight undoes what its OK promised") {
  Core core(with(Durability::fsync));
  const std::string grant = core.ask("A", "LOCK x ttl=300ms id=one");
  core.advance(250ms);
  core.send("B", "LOCK y");
  core.send("A", "LOCK x ttl=300ms id=one");
  core.advance(100ms);

  const std::string again = core.read_or_nothing("A").empty() ? core.ask("A", "PING") : grant;
  CHECK(again == grant);
  CHECK_THAT(core.ask("C", "VERIFY x token=" + std::to_string(token_of(grant).value)),
             StartsWith("OK"));
}

TEST_CASE("retried lock: a ttl asked for in flight is covered, too") {
  Core core(with(Durability::fsync));
  const std::string grant = core.ask("A", "LOCK x ttl=300ms id=one");
  core.advance(250ms);
  core.send("A", "LOCK x ttl=5s id=one");
  core.advance(100ms);
  core.flush();

  CHECK(field(core.read_or_nothing("A"), "ttl") == 5'000);
  core.advance(4s);
  CHECK_THAT(core.ask("C", "VERIFY x token=" + std::to_string(token_of(grant).value)),
             StartsWith("OK"));
}

TEST_CASE("retried unlock: NOT_HELD then means done, and the next holder is not touched") {
  Core core(with(either()));
  const std::string unlock =
      "UNLOCK x token=" + std::to_string(token_of(core.ask("A", "LOCK x")).value);
  core.send("A", unlock);
  core.send("B", unlock);
  core.send("C", "LOCK x");
  core.flush();

  CHECK(core.read_or_nothing("A") == "OK");
  CHECK(core.read_or_nothing("B") == "ERR NOT_HELD");
  const Token next = token_of(core.read_or_nothing("C"));
  CHECK(core.ask("A", unlock) == "ERR NOT_HELD");
  CHECK_THAT(core.ask("C", "VERIFY x token=" + std::to_string(next.value)), StartsWith("OK"));
}

TEST_CASE("retried renew: without ttl it keeps the one another RENEW in flight is setting") {
  Core core(with(either()));
  const std::string renew =
      "RENEW x token=" + std::to_string(token_of(core.ask("A", "LOCK x ttl=30s")).value);

  core.send("A", renew + " ttl=60s");
  core.send("B", renew);
  core.flush();

  CHECK(core.read_or_nothing("A") == "OK ttl=60000");
  CHECK(core.read_or_nothing("B") == "OK ttl=60000");
  core.advance(59s);
  CHECK_THAT(core.ask("A", "LOCK x"), StartsWith("ERR BUSY"));
}

TEST_CASE("a renewal with the grant's own ttl is no record, whatever else is in flight") {
  Core core(with(Durability::fsync));
  const std::string renew =
      "RENEW x token=" + std::to_string(token_of(core.ask("A", "LOCK x ttl=30s")).value);
  core.send("B", "LOCK y ttl=5s");
  const LogIndex last = core.node().replica().last();

  core.send("A", renew);

  CHECK(core.node().replica().last() == last);
  CHECK(core.read_or_nothing("A") == "OK ttl=30000");
}

TEST_CASE("renew after expiry never revives, even if nobody took the lock since (S13)") {
  Core core(with(either()));
  const Token token = token_of(core.ask("A", "LOCK x ttl=1s"));
  core.advance(2s);
  core.flush();

  CHECK(core.ask("A", "RENEW x token=" + std::to_string(token.value)) == "ERR NOT_HELD");
  CHECK(token_of(core.ask("A", "LOCK x")) > token);
}

TEST_CASE("the effective ttl always stands in the reply (S14)") {
  Core core(with(either()));

  CHECK(field(core.ask("A", "LOCK x"), "ttl") == 30'000);
  CHECK(field(core.ask("A", "LOCK y ttl=5s"), "ttl") == 5'000);
  CHECK(field(core.ask("S", "OPEN"), "ttl") == 10'000);
  CHECK(field(core.ask("S", "LOCK z"), "ttl") == 10'000);
}

TEST_CASE("unlocking what one does not hold changes nothing (S12)") {
  Core core(with(either()));
  const Token token = token_of(core.ask("A", "LOCK x"));

  CHECK(core.ask("B", "UNLOCK x token=" + std::to_string(token.value + 1)) == "ERR NOT_HELD");
  CHECK(core.ask("B", "UNLOCK y token=" + std::to_string(token.value)) == "ERR NOT_HELD");
  CHECK_THAT(core.ask("B", "VERIFY x token=" + std::to_string(token.value)), StartsWith("OK"));
}

TEST_CASE("another id in the same session is another contender (S11)") {
  Core core(with(either()));
  core.ask("S", "OPEN");
  core.send("S", "LOCK x id=one");
  core.send("S", "LOCK x id=two");
  core.flush();

  CHECK_THAT(core.read_or_nothing("S"), StartsWith("OK token="));
  CHECK_THAT(core.read_or_nothing("S"), StartsWith("ERR BUSY"));
}

TEST_CASE("cancel against grant: cancelled first, the id is never granted") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "#w LOCK x wait=10s id=one");
  core.flush();

  core.send("A", "#c CANCEL x id=one");
  core.send("H", "UNLOCK x token=" + std::to_string(held.value));
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("#w ERR CANCELLED"));
  CHECK(core.read_or_nothing("A") == "#c OK cancelled=yes");
  CHECK(core.node().table().last_granted() == held);
}

TEST_CASE("cancel against grant: granted first, the token is told") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "#w LOCK x wait=10s id=one");
  core.flush();

  core.send("H", "UNLOCK x token=" + std::to_string(held.value));
  core.send("A", "#c CANCEL x id=one");
  core.flush();

  const Token token = token_of(core.read_or_nothing("A"));
  CHECK(token > held);
  const std::string answer = core.read_or_nothing("A");
  CHECK_THAT(answer, StartsWith("#c OK cancelled=no token=" + std::to_string(token.value)));
  CHECK(field(answer, "ttl") == 30'000);
}

TEST_CASE("cancel before a late LOCK: the id is spent") {
  Core core(with(either()));

  core.send("A", "CANCEL x id=one");
  core.send("B", "LOCK x wait=10s id=one");
  core.flush();

  CHECK(core.read_or_nothing("A") == "OK cancelled=yes");
  CHECK_THAT(core.read_or_nothing("B"), StartsWith("ERR CANCELLED"));
  CHECK_THAT(core.ask("B", "LOCK x id=one"), StartsWith("ERR CANCELLED"));
  CHECK(core.node().table().lock_count() == 0);
}

TEST_CASE("wait=0 with a queued id answers BUSY and keeps its place") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=10s id=one");
  core.flush();
  core.send("B", "LOCK x wait=10s");
  core.flush();

  CHECK_THAT(core.ask("C", "LOCK x id=one"), StartsWith("ERR BUSY"));
  core.disconnect("A");
  core.flush();
  CHECK_THAT(core.ask("C", "LOCK x id=one"), StartsWith("ERR BUSY"));

  // It was not claimed by that: the lock goes to the next in line.
  CHECK(core.ask("H", "UNLOCK x token=" + std::to_string(held.value)) == "OK");
  CHECK_THAT(core.read_or_nothing("B"), StartsWith("OK token="));
}

TEST_CASE("VERIFY past the deadline has the end appended first and awaits it") {
  Core core(with(Durability::fsync));
  const Token token = token_of(core.ask("A", "LOCK x ttl=1s"));
  core.advance(900ms);
  core.settles = false;  // no tick notices that it is over
  core.stall(102ms);

  core.send("B", "VERIFY x token=" + std::to_string(token.value));
  CHECK_FALSE(core.read("B"));
  core.settles = true;
  core.flush();

  CHECK(core.read_or_nothing("B") == "ERR NOT_HELD");
}

TEST_CASE("VERIFY in the last millisecond of a lease does not end it") {
  Core core(with(either()));
  const Token token = token_of(core.ask("A", "LOCK x ttl=50ms"));
  core.advance(49'500us);

  CHECK(core.ask("B", "VERIFY x token=" + std::to_string(token.value)) == "OK ttl=0");
  CHECK(core.ask("A", "RENEW x token=" + std::to_string(token.value)) == "OK ttl=50");
}

TEST_CASE("a renewal by one name waits for the TTL that one by another name is about to set") {
  Core core(with(Durability::fsync));
  core.send("A", "LOCK a b ttl=30s");
  core.flush();
  const std::string token = std::to_string(token_of(core.read_or_nothing("A")).value);

  core.send("A", "RENEW a token=" + token + " ttl=2s");
  core.send("B", "RENEW b token=" + token + " ttl=30s");
  CHECK_FALSE(core.read("B"));
  core.flush();
  CHECK(core.read_or_nothing("A") == "OK ttl=2000");
  CHECK(core.read_or_nothing("B") == "OK ttl=30000");
  core.advance(3s);
  core.flush();

  CHECK_THAT(core.ask("C", "VERIFY a token=" + token), StartsWith("OK ttl="));
}

TEST_CASE("a LOCK sees that the CANCEL before it frees every queue its wait stood in") {
  Core core(with(Durability::fsync));
  core.send("H", "LOCK b ttl=30s");
  core.flush();
  core.send("W", "LOCK a b wait=forever id=w");
  core.flush();

  core.send("X", "CANCEL b id=w");
  core.send("X", "LOCK a");
  core.flush();

  CHECK(core.read_or_nothing("X") == "OK cancelled=yes");
  CHECK_THAT(core.read_or_nothing("X"), StartsWith("OK token="));
}

TEST_CASE("a poller of a held lock leaves no record") {
  Core core(with(either()));
  core.ask("A", "LOCK x");
  const LogIndex last = core.node().replica().last();

  CHECK_THAT(core.ask("B", "LOCK x"), StartsWith("ERR BUSY waiters=0 expires_in="));
  CHECK(core.node().replica().last() == last);
}

}  // namespace pawl::testing

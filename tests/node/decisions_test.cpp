// SPDX-License-Identifier: Apache-2.0
//
// What the primary decides by its clock: never early, in slices, and final once it is appended.
#include <catch2/catch.hpp>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

Durability either() { return GENERATE(Durability::none, Durability::fsync); }

std::string on(const char* verb, Token token) {
  return std::string(verb) + " x token=" + std::to_string(token.value);
}

// Ticks and flushes without time passing until nothing is due.
void come_to_rest(Core& core) {
  core.flush();
  while (core.node().replica().in_flight() > 0) core.flush();
}

}  // namespace

TEST_CASE("a lease does not end before its ttl is over") {
  Core core(with(either()));
  const Token token = token_of(core.ask("A", "LOCK x ttl=1s"));

  core.advance(1s);
  core.flush();

  CHECK(core.ask("A", on("RENEW", token)) == "OK ttl=1000");
}

TEST_CASE("renewal at the moment of expiry: before its end is appended it succeeds") {
  Core core(with(either()));
  const Token token = token_of(core.ask("A", "LOCK x ttl=1s"));
  core.advance(1'000'999us);

  CHECK(core.ask("A", on("RENEW", token)) == "OK ttl=1000");
  core.advance(999ms);
  core.flush();
  CHECK_THAT(core.ask("A", on("VERIFY", token)), StartsWith("OK"));
}

TEST_CASE("renewal at the moment of expiry: after its end is appended it awaits it") {
  Core core(with(Durability::fsync));
  const Token token = token_of(core.ask("A", "LOCK x ttl=1s"));
  core.advance(1'001ms);

  core.send("A", on("RENEW", token));
  CHECK_FALSE(core.read("A"));
  core.flush();

  CHECK(core.read_or_nothing("A") == "ERR NOT_HELD");
}

TEST_CASE("keepalive at the moment of expiry: before it succeeds, after it awaits the end") {
  Core core(with(Durability::fsync));
  core.ask("S", "OPEN ttl=1s");
  core.advance(1'000'999us);
  CHECK(core.ask("S", "KEEPALIVE") == "OK ttl=1000");

  core.advance(1'001'001us);  // … to the end of the millisecond
  core.send("S", "KEEPALIVE");
  core.send("T", "RESUME 5ec4e7-1");
  CHECK_FALSE(core.read("S"));
  core.flush();

  CHECK_THAT(core.read_or_nothing("S"), StartsWith("ERR SESSION_EXPIRED"));
  CHECK_THAT(core.read_or_nothing("T"), StartsWith("ERR SESSION_EXPIRED"));
}

TEST_CASE("a session's LOCK in flight renews it: no expiry behind it undoes its OK") {
  Core core(with(Durability::fsync));
  core.ask("S", "OPEN ttl=300ms");
  core.advance(250ms);
  core.send("S", "LOCK x");
  core.advance(100ms);
  core.flush();
  const Token token = token_of(core.read_or_nothing("S"));
  REQUIRE(token > Token{});

  core.advance(100ms);
  core.flush();

  CHECK_THAT(core.ask("T", on("VERIFY", token)), StartsWith("OK"));
}

TEST_CASE("a session's UNLOCK in flight renews it") {
  Core core(with(Durability::fsync));
  core.ask("S", "OPEN ttl=300ms");
  const Token token = token_of(core.ask("S", "LOCK x"));
  core.advance(250ms);
  core.send("S", on("UNLOCK", token));
  core.advance(100ms);
  core.flush();
  CHECK(core.read_or_nothing("S") == "OK");

  CHECK(core.ask("S", "KEEPALIVE") == "OK ttl=300");
}

TEST_CASE("an OPEN in flight that attaches renews the session") {
  Core core(with(Durability::fsync));
  core.ask("S", "OPEN ttl=300ms id=mine");
  core.advance(250ms);
  core.send("Z", "LOCK y");
  core.send("T", "OPEN id=mine");
  core.advance(100ms);
  core.flush();
  CHECK_THAT(core.read_or_nothing("T"), StartsWith("OK session=mine"));

  CHECK(core.ask("T", "KEEPALIVE") == "OK ttl=300");
}

TEST_CASE("an unclaimed wait keeps its place for five seconds and no longer") {
  Core core(with(either()));
  core.ask("H", "LOCK x ttl=1h");
  core.send("A", "LOCK x wait=1h id=one");
  core.flush();
  core.disconnect("A");
  core.flush();

  core.advance(4'999ms);
  core.flush();
  CHECK(core.node().table().waiter_count() == 1);
  core.advance(1ms);
  core.flush();
  CHECK(core.node().table().waiter_count() == 0);
}

TEST_CASE("a wait claimed in time keeps its place for good") {
  Core core(with(either()));
  core.ask("H", "LOCK x ttl=1h");
  core.send("A", "LOCK x wait=1h id=one");
  core.flush();
  core.disconnect("A");
  core.flush();
  core.advance(4s);
  core.send("B", "LOCK x wait=1h id=one");
  core.flush();

  core.advance(10s);
  core.flush();

  CHECK(core.node().table().waiter_count() == 1);
}

TEST_CASE("a claim that meets the end of thousands of waits is not ended with them") {
  Core core(with(either()));
  core.ask("H", "LOCK x ttl=1h");
  for (int i = 0; i < 3'000; ++i) {
    core.send("A", "#" + std::to_string(i) + " LOCK x wait=1h id=w" + std::to_string(i));
  }
  core.flush();

  core.connect("B");
  core.settles = false;  // the first thousand are records now, w0 is among the others
  core.disconnect("A");
  core.send("B", "LOCK x wait=1h id=w0");
  core.settles = true;
  come_to_rest(core);

  CHECK_FALSE(core.read("B"));
  CHECK(core.node().table().waiter_count() == 3'000);
  core.advance(6s);
  come_to_rest(core);
  CHECK(core.node().table().waiter_count() == 1);
}

TEST_CASE("on_disconnect=release acts when the last of its connections ends") {
  Core core(with(either()));
  core.ask("A", "OPEN on_disconnect=release id=mine");
  core.ask("B", "OPEN id=mine");
  const Token token = token_of(core.ask("A", "LOCK x"));

  core.disconnect("A");
  core.flush();
  CHECK_THAT(core.ask("C", on("VERIFY", token)), StartsWith("OK"));
  core.disconnect("B");
  core.flush();
  CHECK(core.ask("C", on("VERIFY", token)) == "ERR NOT_HELD");
}

TEST_CASE("on_disconnect=release spares a session that an OPEN in flight takes up") {
  Core core(with(Durability::fsync));
  core.ask("A", "OPEN on_disconnect=release id=mine");
  const Token token = token_of(core.ask("A", "LOCK x"));
  core.send("C", "LOCK y");  // so that the OPEN behind it is a record
  core.send("B", "OPEN id=mine");

  core.disconnect("A");
  come_to_rest(core);

  CHECK_THAT(core.read_or_nothing("B"), StartsWith("OK"));
  CHECK(core.ask("B", "KEEPALIVE") == "OK ttl=10000");
  CHECK(core.ask("B", on("UNLOCK", token)) == "OK");
}

TEST_CASE("on_disconnect=release spares a session renewed by a record and then taken up again") {
  Core core(with(Durability::fsync));
  core.ask("A", "OPEN on_disconnect=release id=mine");
  core.send("A", "LOCK x");
  core.send("C", "LOCK y");
  core.disconnect("A");  // judged behind both
  core.flush_one_record();

  core.send("B", "OPEN id=mine");
  core.flush_one_record();
  come_to_rest(core);

  CHECK_THAT(core.read_or_nothing("B"), StartsWith("OK"));
  CHECK(core.ask("B", "KEEPALIVE") == "OK ttl=10000");
}

TEST_CASE("on_disconnect=release acts though what was in flight renewed the session") {
  Core core(with(Durability::fsync));
  core.ask("A", "OPEN on_disconnect=release id=mine ttl=1h");
  core.send("A", "LOCK x");
  core.send("C", "LOCK y");
  core.disconnect("A");
  core.flush_one_record();
  come_to_rest(core);

  CHECK(core.node().table().session_count() == 0);
}

TEST_CASE("on_disconnect=release acts though the session was past its end and renewed after all") {
  Core core(with(Durability::fsync));
  core.ask("A", "OPEN on_disconnect=release id=mine ttl=1s");
  core.advance(900ms);
  core.send("C", "LOCK y");
  core.send("A", "LOCK x");
  core.advance(200ms);  // past its end, though a record renews it

  core.disconnect("A");
  come_to_rest(core);

  CHECK(core.node().table().session_count() == 0);
}

TEST_CASE("a connection that the server ended does not count for on_disconnect") {
  Core core(with(either()));
  core.ask("A", "OPEN on_disconnect=release id=mine");
  const Token token = token_of(core.ask("A", "LOCK x"));

  core.disconnect("A", node::DisconnectCause::server);
  core.flush();

  CHECK_THAT(core.ask("C", on("VERIFY", token)), StartsWith("OK"));
}

TEST_CASE("an OPEN that was lost with its connection leaves no released session behind") {
  Core core(with(either()));
  core.send("A", "OPEN on_disconnect=release");
  core.disconnect("A");
  core.flush();
  core.flush();

  CHECK(core.node().table().session_count() == 0);
}

TEST_CASE("a loop gap adds to all deadlines") {
  Core core(with(either()));
  const Token token = token_of(core.ask("A", "LOCK x ttl=1s"));
  core.ask("S", "OPEN ttl=1s");
  core.send("B", "LOCK x wait=900ms");
  core.flush();

  core.stall(10s);
  core.flush();

  CHECK_FALSE(core.read("B"));
  CHECK(core.ask("A", on("RENEW", token)) == "OK ttl=1000");
  CHECK(core.ask("S", "KEEPALIVE") == "OK ttl=1000");
  core.advance(900ms);
  core.flush();
  CHECK(core.read_or_nothing("B") == "ERR TIMEOUT");
}

TEST_CASE("leases that end together end in slices of a thousand") {
  Core core(with(either()));
  for (int i = 0; i < 3'500; ++i) core.send("A", "LOCK l" + std::to_string(i) + " ttl=900ms");
  core.flush();
  REQUIRE(core.node().table().lock_count() == 3'500);

  std::size_t least = 3'500;
  for (int waited = 0; core.node().table().lock_count() > 0 && waited < 2'000; ++waited) {
    const std::size_t before = core.node().table().lock_count();
    core.advance_one_step();
    core.flush_one_step();
    REQUIRE(before - core.node().table().lock_count() <= 1'000);
    least = std::min(least, core.node().table().lock_count());
  }

  CHECK(least == 0);
}

TEST_CASE("a session with thousands of locks is dead at once and swept in slices") {
  Core core(with(either()));
  core.ask("S", "OPEN ttl=900ms");
  for (int i = 0; i < 5'000; ++i) core.send("S", "LOCK l" + std::to_string(i));
  core.flush();
  REQUIRE(core.node().table().lock_count() == 5'000);
  for (int waited = 0; core.node().table().session_count() > 0 && waited < 2'000; ++waited) {
    core.advance_one_step();
    core.flush_one_step();
  }

  // The last of them is not swept yet, and free all the same.
  CHECK(core.node().table().lock_count() >= 2'000);
  CHECK_THAT(core.ask("B", "LOCK l0"), StartsWith("OK token="));
  CHECK_THAT(core.ask("B", "LOCK l4999"), StartsWith("OK token="));
  come_to_rest(core);
  CHECK(core.node().table().lock_count() == 2);
}

TEST_CASE("leases and waits end though the log never comes to rest") {
  Core core(with(Durability::fsync));
  token_of(core.ask("A", "LOCK x ttl=1s"));
  for (int i = 0; i < 100; ++i)
    core.send("L", "#" + std::to_string(i) + " LOCK l" + std::to_string(i));
  core.send("B", "LOCK x wait=500ms");
  core.send("C", "LOCK x wait=60s");

  std::optional<std::string> timeout;
  std::optional<std::string> grant;
  for (int i = 100; i < 2'000; ++i) {
    core.send("L", "#" + std::to_string(i) + " LOCK l" + std::to_string(i));
    core.flush_one_record();
    while (core.read("L")) continue;
    core.advance(1ms);
    REQUIRE(core.node().replica().in_flight() >= 64);
    if (!timeout) timeout = core.read("B");
    if (!grant) grant = core.read("C");
  }

  CHECK(timeout == "ERR TIMEOUT");
  REQUIRE(grant);
  CHECK_THAT(*grant, StartsWith("OK token="));
}

}  // namespace pawl::testing

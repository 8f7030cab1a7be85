// SPDX-License-Identifier: Apache-2.0
//
// OPEN, RESUME, KEEPALIVE, CLOSE, and what LOCK answers after each went wrong.
#include <catch2/catch.hpp>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

Durability either() { return GENERATE(Durability::none, Durability::fsync); }

}  // namespace

TEST_CASE("after a failed OPEN or RESUME no LOCK becomes a leased lock") {
  Core core(with(either()));
  const std::string failing = GENERATE("OPEN ttl=1ms", "OPEN ttl=banana", "OPEN colour=red",
                                       "RESUME nobody", "RESUME", "RESUME \"", "open ttl=0");

  core.send("A", failing);
  core.send("A", "LOCK x");
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("ERR "));
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("ERR NO_SESSION"));
  CHECK_THAT(core.ask("A", "KEEPALIVE"), StartsWith("ERR NO_SESSION"));
  CHECK_THAT(core.ask("A", "CANCEL x id=one"), StartsWith("ERR NO_SESSION"));
  CHECK(core.ask("A", "CLOSE") == "OK released=0");
  CHECK(core.ask("A", "LOCK x") == "OK token=1 ttl=30000");
}

TEST_CASE("a malformed OPEN right behind a CLOSE leaves no session, not a leased lock") {
  Core core(with(either()));
  core.ask("A", "OPEN");

  core.send("A", "CLOSE");
  core.send("A", "OPEN ttl=banana");
  core.send("A", "LOCK x");
  for (int i = 0; i < 3; ++i) core.flush();

  CHECK(core.read_or_nothing("A") == "OK released=0");
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("ERR BAD_REQUEST"));
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("ERR NO_SESSION"));
}

TEST_CASE("a failed OPEN or RESUME while attached to a live session changes nothing") {
  Core core(with(either()));
  core.ask("A", "OPEN ttl=10s id=mine");
  core.ask("B", "OPEN ttl=10s id=other");

  CHECK_THAT(core.ask("A", "OPEN"), StartsWith("ERR BAD_REQUEST"));
  CHECK_THAT(core.ask("A", "OPEN ttl=banana"), StartsWith("ERR BAD_REQUEST"));
  CHECK_THAT(core.ask("A", "RESUME other"), StartsWith("ERR BAD_REQUEST"));
  CHECK_THAT(core.ask("A", "RESUME nobody"), StartsWith("ERR BAD_REQUEST"));
  CHECK_THAT(core.ask("A", "RESUME mine"), StartsWith("OK session=mine"));
  CHECK(core.ask("A", "LOCK x") == "OK token=1 ttl=10000");
}

TEST_CASE("lapsed: LOCK answers SESSION_EXPIRED until OPEN, RESUME or CLOSE") {
  Core core(with(either()));
  core.ask("B", "OPEN ttl=1h id=other");
  core.ask("A", "OPEN ttl=1s");
  core.advance(1'100ms);
  core.flush();
  REQUIRE_THAT(core.ask("A", "LOCK x"), StartsWith("ERR SESSION_EXPIRED"));

  SECTION("OPEN") {
    CHECK_THAT(core.ask("A", "OPEN ttl=2s"), StartsWith("OK session="));
    CHECK(core.ask("A", "LOCK x") == "OK token=1 ttl=2000");
  }
  SECTION("RESUME") {
    CHECK_THAT(core.ask("A", "RESUME other"), StartsWith("OK session=other"));
    CHECK(core.ask("A", "LOCK x") == "OK token=1 ttl=3600000");
  }
  SECTION("CLOSE") {
    CHECK(core.ask("A", "CLOSE") == "OK released=0");
    CHECK(core.ask("A", "LOCK x") == "OK token=1 ttl=30000");
  }
}

TEST_CASE("a LOCK that meets the end of its session in the log awaits it") {
  Core core(with(Durability::fsync));
  core.ask("A", "OPEN ttl=1s");
  core.advance(1'001ms);

  core.send("A", "LOCK x");
  CHECK_FALSE(core.read("A"));
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("ERR SESSION_EXPIRED"));
}

TEST_CASE("a RESUME of another session that meets the end of one's own in the log is served") {
  Core core(with(Durability::fsync));
  core.ask("B", "OPEN ttl=1h id=other");
  core.ask("A", "OPEN ttl=1s");
  core.advance(1'001ms);

  core.send("A", "RESUME other");
  core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK session=other"));
}

TEST_CASE("an OPEN with an id repeated in flight opens one session") {
  Core core(with(either()));
  core.send("A", "OPEN ttl=10s id=mine");
  core.send("B", "OPEN ttl=20s id=mine");
  core.flush();

  CHECK(core.read_or_nothing("A") == "OK session=mine handle=s1 ttl=10000 new=yes");
  CHECK(core.read_or_nothing("B") == "OK session=mine handle=s1 ttl=10000 new=no");
}

TEST_CASE("KEEPALIVE of several: the least ttl, and how many are gone") {
  Core core(with(either()));
  core.ask("A", "OPEN ttl=10s id=a");
  core.ask("B", "OPEN ttl=5s id=b");

  CHECK(core.ask("C", "KEEPALIVE a b") == "OK ttl=5000");
  CHECK(core.ask("C", "KEEPALIVE a gone b gone2") == "OK ttl=5000 expired=2");
  CHECK_THAT(core.ask("C", "KEEPALIVE gone"), StartsWith("ERR SESSION_EXPIRED"));
  CHECK_THAT(core.ask("C", "KEEPALIVE"), StartsWith("ERR NO_SESSION"));
}

TEST_CASE("CLOSE by one of two connections answers each") {
  Core core(with(either()));
  core.ask("A", "OPEN id=mine");
  core.ask("B", "OPEN id=mine");
  core.ask("A", "LOCK x");

  core.send("A", "CLOSE");
  core.send("B", "CLOSE");
  core.flush();
  core.flush();

  CHECK(core.read_or_nothing("A") == "OK released=1");
  CHECK(core.read_or_nothing("B") == "OK released=0");
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// What operators look at over more than one slice, QUIT, and each limit that the node keeps.
#include <catch2/catch.hpp>
#include <set>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

Durability either() { return GENERATE(Durability::none, Durability::fsync); }

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

void lock_many(Core& core, int locks) {
  for (int i = 0; i < locks; ++i) core.send("A", "LOCK l" + std::to_string(10'000 + i));
  core.flush();
  while (core.read("A")) {
  }
}

}  // namespace

TEST_CASE("LIST over more than one slice is complete, in order, and holds back its connection") {
  Core core(with(either()));
  lock_many(core, 10'000);
  core.settles = false;
  core.send("B", "LIST limit=1000");
  core.send("B", "PING");
  CHECK_FALSE(core.read("B"));
  CHECK(core.ask("C", "PING") == "OK pong");

  core.settles = true;
  core.flush();

  const std::string list = core.read_or_nothing("B");
  CHECK(count(list, "\"name\"") == 1'000);
  CHECK_THAT(list, StartsWith(R"(OK {"locks":[{"name":"l10000")"));
  CHECK_THAT(list, Contains(R"("next":"l10999")"));
  CHECK(core.read_or_nothing("B") == "OK pong");
}

TEST_CASE("LIST over slices finds every lock that stands throughout") {
  Core core(with(either()));
  lock_many(core, 5'000);
  core.settles = false;
  core.send("B", "LIST limit=1000 after=l14000");
  core.ask("C", "UNLOCK l14500 token=4501");
  core.settles = true;
  core.flush();

  const std::string list = core.read_or_nothing("B");
  CHECK(count(list, "\"name\"") == 998);
  CHECK_THAT(list, !Contains("l14500"));
  CHECK_THAT(list, Contains(R"("next":null)"));
}

TEST_CASE("a LIST that is done and not fetched does not keep the loop awake") {
  Core core(with(Durability::none));
  lock_many(core, 5'000);
  core.settles = false;
  core.send("B", "LIST");
  REQUIRE(core.node().next_deadline() == core.now());

  core.advance_one_step();

  CHECK(core.node().next_deadline() > core.now());
}

TEST_CASE("a LIST whose connection has gone is forgotten") {
  Core core(with(either()));
  lock_many(core, 5'000);
  core.settles = false;
  core.send("B", "LIST");
  core.disconnect("B");

  CHECK(core.node().next_deadline() > core.now());
}

TEST_CASE("LIST by=waiters tells of the locks that are waited for, most waiters first") {
  Core core(with(either()));
  for (const char* name : {"free", "jobs/a", "jobs/b", "jobs/c", "other"}) {
    core.ask("A", std::string("LOCK ") + name);
  }
  const auto wait = [&](const std::string& name, int waiters) {
    for (int i = 0; i < waiters; ++i)
      core.send("B", "#" + name.substr(name.size() - 1) + std::to_string(i) + " LOCK " + name +
                         " wait=30s");
  };
  wait("jobs/b", 3);
  wait("jobs/c", 1);
  wait("jobs/a", 1);
  wait("other", 2);
  core.flush();
  const auto names = [&](std::string_view line) {
    const std::string list = core.ask("C", line);
    CHECK_THAT(list, Contains(R"("next":null)"));
    std::string found;
    for (std::size_t at = list.find("name\":\""); at != list.npos;
         at = list.find("name\":\"", at)) {
      at += 7;
      found += list.substr(at, list.find('"', at) - at) + ' ';
    }
    return found;
  };
  CHECK(names("LIST by=waiters") == "jobs/b other jobs/a jobs/c ");
  CHECK(names("LIST by=waiters prefix=jobs/ limit=2") == "jobs/b jobs/a ");
  CHECK(names("LIST by=name") == "free jobs/a jobs/b jobs/c other ");
  CHECK_THAT(core.ask("C", "LIST by=waiters limit=1"), Contains(R"("waiters":3,)"));
  core.disconnect("B");
  core.flush();
  CHECK(names("LIST by=waiters").empty());
}

TEST_CASE("LIST by=waiters looks at what is awaited or shared only, in slices") {
  Core core(with(either()));
  lock_many(core, 6'000);
  for (int i = 0; i < 5'000; ++i) {
    core.send("B", "#" + std::to_string(i) + " LOCK l" + std::to_string(10'000 + i) + " wait=30s");
  }
  core.flush();
  core.settles = false;
  core.send("C", "LIST by=waiters limit=3");
  CHECK_FALSE(core.read("C"));
  CHECK(core.node().next_deadline() == core.now());
  core.settles = true;
  core.flush();
  CHECK(count(core.read_or_nothing("C"), "\"name\"") == 3);
}

TEST_CASE("SHOW tells how long ago a lease was granted or renewed") {
  Core core(with(either()));
  const std::string token = " token=" + std::to_string(token_of(core.ask("A", "LOCK x")).value);
  core.advance(3s);
  CHECK_THAT(core.ask("B", "SHOW x"), Contains("\"renewed_ms\":3000,"));

  core.ask("A", "RENEW x" + token);
  core.advance(1s);
  CHECK_THAT(core.ask("B", "SHOW x"), Contains("\"since_ms\":4000,"));
  CHECK_THAT(core.ask("B", "SHOW x"), Contains("\"renewed_ms\":1000,"));

  const std::string ttl = GENERATE("10s", "90s");
  core.ask("A", "RENEW x ttl=" + ttl + token);
  core.advance(500ms);
  CHECK_THAT(core.ask("B", "SHOW x"), Contains("\"renewed_ms\":500,"));
}

TEST_CASE("SHOW tells how long ago the session that holds was renewed") {
  Core core(with(either()));
  core.ask("A", "OPEN ttl=20s");
  core.ask("A", "LOCK x");
  core.advance(7s);
  CHECK_THAT(core.ask("B", "SHOW x"), Contains("\"renewed_ms\":7000,"));

  core.ask("A", "KEEPALIVE");
  core.advance(250ms);

  CHECK_THAT(core.ask("B", "SHOW x"), Contains("\"since_ms\":7250,"));
  CHECK_THAT(core.ask("B", "SHOW x"), Contains("\"renewed_ms\":250,"));
}

TEST_CASE("QUIT with waits: each is answered, then the goodbye") {
  Core core(with(either()));
  core.ask("H", "LOCK x");
  core.send("A", "#1 LOCK x wait=10s");
  core.send("A", "#2 LOCK x wait=10s id=two");
  core.flush();

  core.send("A", "QUIT");
  core.flush();
  core.flush();

  std::set<std::string> waits{core.read_or_nothing("A").substr(0, 16),
                              core.read_or_nothing("A").substr(0, 16)};
  CHECK(waits == std::set<std::string>{"#1 ERR CANCELLED", "#2 ERR CANCELLED"});
  CHECK(core.read_or_nothing("A") == "OK bye");
  CHECK(core.is_closed("A"));
}

TEST_CASE("QUIT leaves a wait that others ask for to them") {
  Core core(with(either()));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.send("A", "LOCK x wait=10s id=one");
  core.flush();
  core.send("B", "LOCK x wait=10s id=one");
  core.flush();

  core.send("B", "QUIT");
  core.flush();
  CHECK_THAT(core.read_or_nothing("B"), StartsWith("ERR CANCELLED"));
  CHECK(core.read_or_nothing("B") == "OK bye");

  CHECK(core.ask("H", "UNLOCK x token=" + std::to_string(held.value)) == "OK");
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token="));
}

TEST_CASE("the limit of locks is reached, and what is held is renewed and unlocked all the same") {
  Settings settings = with(either());
  settings.limits.locks = 2;
  Core core(settings);
  core.send("A", "LOCK x id=mine");
  core.send("A", "LOCK y");
  core.send("A", "LOCK z");
  core.send("A", "LOCK x wait=1h");
  for (int i = 0; i < 3; ++i) core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token=1"));
  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token=2"));
  CHECK(core.read_or_nothing("A") == "ERR LIMIT limit=locks");
  CHECK(core.ask("B", "RENEW x token=1 ttl=50s") == "OK ttl=50000");
  CHECK(core.ask("B", "LOCK x id=mine ttl=40s") == "OK token=1 ttl=40000");
  CHECK(core.ask("B", "UNLOCK y token=2") == "OK");
  CHECK(core.ask("B", "LOCK z") == "OK token=3 ttl=30000");
}

TEST_CASE("the limit of waiters per lock is reached, those in flight counted") {
  Settings settings = with(either());
  settings.limits.waiters_per_lock = 2;
  Core core(settings);
  for (const char* who : {"A", "B", "C", "D"}) core.send(who, "LOCK x wait=10s");
  for (int i = 0; i < 4; ++i) core.flush();

  CHECK_THAT(core.read_or_nothing("A"), StartsWith("OK token=1"));
  CHECK(core.read_or_nothing("D") == "ERR LIMIT limit=waiters_per_lock");
  CHECK(core.node().table().waiter_count() == 2);
  CHECK(core.ask("A", "UNLOCK x token=1") == "OK");
  CHECK_THAT(core.read_or_nothing("B"), StartsWith("OK token=2"));
}

TEST_CASE("the limits of a session are reached, and it is kept alive and unlocks all the same") {
  Settings settings = with(either());
  settings.limits.locks_per_session = 3;
  settings.limits.waiters_per_session = 1;
  Core core(settings);
  core.ask("H", "LOCK held");
  core.ask("H", "LOCK held2");
  core.ask("S", "OPEN");
  core.send("S", "#1 LOCK held wait=10s");
  core.send("S", "#2 LOCK held2 wait=10s");
  core.send("S", "LOCK a");
  core.send("S", "LOCK b");
  core.send("S", "LOCK c");
  for (int i = 0; i < 4; ++i) core.flush();

  CHECK(core.read_or_nothing("S") == "#2 ERR LIMIT limit=waiters_per_session");
  CHECK_THAT(core.read_or_nothing("S"), StartsWith("OK token=3"));
  CHECK_THAT(core.read_or_nothing("S"), StartsWith("OK token=4"));
  CHECK(core.read_or_nothing("S") == "ERR LIMIT limit=locks_per_session");
  CHECK(core.ask("S", "KEEPALIVE") == "OK ttl=10000");
  CHECK(core.ask("S", "UNLOCK a token=3") == "OK");
  CHECK_THAT(core.ask("S", "LOCK c"), StartsWith("OK token=5"));
}

TEST_CASE("the limit of sessions is reached, attaching to one goes on") {
  Settings settings = with(either());
  settings.limits.sessions = 1;
  Core core(settings);
  core.ask("A", "OPEN id=mine");

  CHECK(core.ask("B", "OPEN") == "ERR LIMIT limit=sessions");
  CHECK_THAT(core.ask("B", "LOCK x"), StartsWith("ERR NO_SESSION"));
  core.send("Z", "LOCK y");  // with a record in flight as without
  core.send("B", "OPEN id=mine");
  core.flush();
  CHECK(core.read_or_nothing("B") == "OK session=mine handle=s1 ttl=10000 new=no");
}

TEST_CASE("a full disk: new locks and sessions are refused, what is held goes on") {
  Core core(with(Durability::fsync));
  core.ask("A", "LOCK x id=mine");
  core.ask("S", "OPEN");
  core.fill_disk(true);

  CHECK_THAT(core.ask("B", "LOCK y"), StartsWith("ERR DISK_FULL"));
  CHECK_THAT(core.ask("B", "OPEN"), StartsWith("ERR DISK_FULL"));
  CHECK(core.ask("A", "RENEW x token=1 ttl=40s") == "OK ttl=40000");
  CHECK(core.ask("A", "LOCK x id=mine ttl=50s") == "OK token=1 ttl=50000");
  CHECK(core.ask("S", "KEEPALIVE") == "OK ttl=10000");
  CHECK(core.ask("A", "UNLOCK x token=1") == "OK");

  core.fill_disk(false);
  CHECK_THAT(core.ask("C", "LOCK y"), StartsWith("OK token="));
}

TEST_CASE("the limit of memory is reached: new locks, sessions and waits are refused, no more") {
  Settings settings = with(either());
  Core core(settings);
  core.ask("A", "LOCK x id=mine");
  core.ask("S", "OPEN id=session");
  settings.limits.memory = 1;
  core.configure(settings);

  CHECK_THAT(core.ask("B", "LOCK y"), StartsWith("ERR LIMIT limit=memory"));
  CHECK_THAT(core.ask("B", "LOCK x wait=10s"), StartsWith("ERR LIMIT limit=memory"));
  CHECK_THAT(core.ask("C", "OPEN"), StartsWith("ERR LIMIT limit=memory"));
  CHECK(core.ask("A", "RENEW x token=1 ttl=40s") == "OK ttl=40000");
  CHECK(core.ask("A", "LOCK x id=mine ttl=50s") == "OK token=1 ttl=50000");
  CHECK(core.ask("S", "KEEPALIVE") == "OK ttl=10000");
  CHECK(core.ask("A", "UNLOCK x token=1") == "OK");
}

}  // namespace pawl::testing

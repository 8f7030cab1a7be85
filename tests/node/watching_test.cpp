// SPDX-License-Identifier: Apache-2.0
//
// What those who watch are told, and what becomes of them when the node serves no more.
#include <catch2/catch.hpp>

#include "node/core.hpp"
#include "node/group.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

Durability either() { return GENERATE(Durability::none, Durability::fsync); }

}  // namespace

TEST_CASE("nothing is told before its record is flushed") {
  Core core(with(Durability::fsync));
  REQUIRE(core.ask("W", "WATCH") == "OK");

  core.send("A", "LOCK a");
  CHECK_FALSE(core.read("W"));
  core.flush();

  CHECK(core.read_or_nothing("W") == "EVENT GRANTED name=a token=1");
  CHECK_FALSE(core.read("W"));
}

TEST_CASE("a watch begins behind the earlier requests of its connection, and so it ends") {
  Core core(with(either()));
  core.send("A", "LOCK a");
  core.send("A", "WATCH");
  core.send("A", "LOCK b");
  core.send("A", "UNWATCH");
  core.send("A", "LOCK c");
  core.flush();
  core.flush();
  core.flush();

  CHECK(core.read_or_nothing("A") == "OK token=1 ttl=30000");
  CHECK(core.read_or_nothing("A") == "OK");
  CHECK(core.read_or_nothing("A") == "OK token=2 ttl=30000");
  CHECK(core.read_or_nothing("A") == "EVENT GRANTED name=b token=2");
  CHECK(core.read_or_nothing("A") == "OK");
  CHECK(core.read_or_nothing("A") == "OK token=3 ttl=30000");
  CHECK_FALSE(core.read("A"));
}

TEST_CASE("events keep the order of the log, also where a reply of one's own is held back") {
  Core core(with(either()));
  core.ask("H", "LOCK a");
  core.ask("W", "WATCH");
  core.send("W", "LOCK a wait=1m");
  core.send("W", "LOCK b");
  core.flush();
  core.ask("H", "LOCK c");
  CHECK_FALSE(core.read("W"));  // behind the reply to LOCK b, which is behind that to LOCK a

  core.ask("H", "UNLOCK a token=1");

  for (const char* line : {"OK token=4 ttl=30000", "OK token=2 ttl=30000",
                           "EVENT GRANTED name=b token=2", "EVENT GRANTED name=c token=3",
                           "EVENT RELEASED name=a token=1", "EVENT GRANTED name=a token=4"}) {
    CHECK(core.read_or_nothing("W") == line);
  }
}

TEST_CASE("a wait of one's own holds back no event that others cause") {
  Core core(with(either()));
  core.ask("H", "LOCK a");
  core.ask("W", "WATCH");
  core.send("W", "LOCK a wait=1m");
  core.flush();

  core.ask("H", "LOCK b");

  CHECK(core.read_or_nothing("W") == "EVENT GRANTED name=b token=2");
}

TEST_CASE("the end of a session of thousands is told name by name, in slices") {
  Core core(with(either()));
  core.ask("S", "OPEN ttl=1h");
  for (int i = 0; i < 1'500; ++i) core.ask("S", "LOCK s/" + std::to_string(i));
  core.ask("W", "WATCH s/");

  core.send("S", "CLOSE");
  core.flush();
  core.flush();

  int told = 0;
  while (const auto line = core.read("W")) {
    CHECK_THAT(*line, StartsWith("EVENT RELEASED name=s/"));
    ++told;
  }
  CHECK(told == 1'500);
}

TEST_CASE("a grant that is given back for its asker has gone is told, too") {
  Core core(with(Durability::fsync));
  const Token held = token_of(core.ask("H", "LOCK x"));
  core.ask("W", "WATCH");
  core.send("A", "LOCK x wait=10s");
  core.flush();
  core.send("H", "UNLOCK x token=" + std::to_string(held.value));
  core.disconnect("A");
  core.flush();
  core.flush();

  CHECK(core.read_or_nothing("W") == "EVENT RELEASED name=x token=1");
  CHECK(core.read_or_nothing("W") == "EVENT GRANTED name=x token=2");
  CHECK(core.read_or_nothing("W") == "EVENT RELEASED name=x token=2");
}

TEST_CASE("whoever has ended his input is answered, hears no more, and is closed") {
  Core core(with(Durability::fsync));
  REQUIRE(core.ask("W", "WATCH") == "OK");
  core.send("W", "LOCK a");
  core.end_input("W");
  core.flush();

  CHECK(core.read_or_nothing("W") == "OK token=1 ttl=30000");
  CHECK(core.is_closed("W"));
}

TEST_CASE("a connection that has gone leaves none of its watches behind") {
  Settings settings = with(either());
  settings.limits.memory = 1;  // room for nobody's watches beside those of another
  Core core(settings);
  REQUIRE(core.ask("W", "WATCH a") == "OK");
  REQUIRE(core.ask("W", "WATCH a") == "OK");
  core.disconnect("W");

  CHECK(core.ask("V", "WATCH b") == "OK");
}

TEST_CASE("watches count as memory, and are refused once it is used up") {
  Settings settings = with(either());
  settings.limits.memory = 1;
  Core core(settings);

  CHECK(core.ask("W", "WATCH a") == "OK");
  CHECK_THAT(core.ask("V", "WATCH a"), StartsWith("ERR LIMIT limit=memory"));
  CHECK(core.ask("W", "UNWATCH") == "OK");
  CHECK(core.ask("V", "WATCH a") == "OK");
}

TEST_CASE("a drain ends watches, after the replies that are due") {
  Core core(with(either()));
  core.ask("H", "LOCK a");
  core.ask("W", "WATCH");
  core.send("W", "LOCK a wait=1m");
  core.flush();

  core.drain();
  core.flush();

  CHECK_THAT(core.read_or_nothing("W"), StartsWith("ERR SHUTTING_DOWN"));
  CHECK(core.read_or_nothing("W") == "ERR SHUTTING_DOWN msg=\"the server stops: the watch ends\"");
  core.ask("H", "LOCK b");
  CHECK_FALSE(core.read("W"));
}

TEST_CASE("a primary that steps down tells those who watch, and closes them") {
  Group group;
  const char old = group.primary();
  group.ask(old, "WATCH", "W");
  group.ask(old, "PING", "P");
  group.isolate(old);
  group.pass(1s);

  CHECK(group.read(old, "W") ==
        "ERR NOT_PRIMARY msg=\"the watch ends: WATCH again at the primary\"");
  CHECK(group.is_closing(old, "W"));
  CHECK_FALSE(group.is_closing(old, "P"));
}

TEST_CASE("whoever watches is told by a handover where to go on") {
  Group group;
  const char old = group.primary();
  const char next = group.others(old).front();
  group.ask(old, "WATCH", "W");
  CHECK(group.ask(old, std::string("HANDOVER ") + next, "O") == "OK");

  CHECK_THAT(group.read(old, "W"), StartsWith(std::string("ERR NOT_PRIMARY primary=") + next));
  CHECK(group.is_closing(old, "W"));
  CHECK(group.ask(next, "WATCH", "W") == "OK");
  CHECK_THAT(group.ask(next, "LOCK a", "A"), StartsWith("OK token="));
  CHECK_THAT(group.read(next, "W"), StartsWith("EVENT GRANTED name=a token="));
}

TEST_CASE("a standby watches nothing") {
  Group group;
  const char primary = group.primary();
  const char standby = group.others(primary).front();

  CHECK_THAT(group.ask(standby, "WATCH"), StartsWith("ERR NOT_PRIMARY"));
  group.ask(primary, "LOCK a");
  group.pass(100ms);

  CHECK(group.read(standby).empty());
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
#include "server/http/health.hpp"

#include <chrono>

#include "node/group.hpp"
#include "onlooker.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

TEST_CASE("one node alone is alive, ready and primary") {
  Core core;
  Onlooker onlooker(core.node(), {.now = core.now()});
  CHECK(onlooker.ask("/livez").body == "ok\n");
  CHECK(onlooker.ask("/readyz").status == 200);
  CHECK(onlooker.ask("/primary").status == 200);
  CHECK(onlooker.ask("/livez?verbose").body == "[+] loop ok\n[+] disk ok\nlivez ok\n");
  CHECK(onlooker.ask("/readyz?verbose").body ==
        "[+] disk ok\n[+] draining no\n[+] primary this node\n[+] caught_up yes\nreadyz ok\n");
}

TEST_CASE("who drains is alive, but neither ready nor primary any more") {
  Core core;
  Onlooker onlooker(core.node(), {.now = core.now(), .draining = true});
  CHECK(onlooker.ask("/livez").status == 200);
  CHECK(onlooker.ask("/readyz").status == 503);
  CHECK(onlooker.ask("/readyz").body == "failed\n");
  CHECK(onlooker.ask("/primary").status == 503);
  CHECK_THAT(onlooker.ask("/readyz?verbose").body, Contains("[-] draining yes"));
  CHECK_THAT(onlooker.ask("/readyz?verbose").body, EndsWith("\nreadyz failed\n"));
}

TEST_CASE("a disk that has been silent for long is not alive; a short silence is a flush") {
  Core core;
  Onlooker onlooker(core.node(), {.now = core.now(), .disk_silent_since = core.now() - 9s});
  CHECK(onlooker.ask("/livez").status == 200);
  onlooker.facts.disk_silent_since = core.now() - 11s;
  CHECK(onlooker.ask("/livez").status == 503);
  CHECK_THAT(onlooker.ask("/livez?verbose").body,
             Contains("[-] disk a flush has taken 11 s so far\n"));
  CHECK(onlooker.ask("/readyz").status == 503);
}

TEST_CASE("standbys are ready while they hear the primary, which alone answers /primary") {
  Group group;
  const char primary = group.primary();
  const char standby = group.others(primary).front();
  Onlooker first(group[primary], {.now = group.now()});
  Onlooker second(group[standby], {.now = group.now()});
  CHECK(first.ask("/primary").status == 200);
  CHECK(second.ask("/primary").status == 503);
  CHECK(second.ask("/readyz").status == 200);
  CHECK_THAT(second.ask("/readyz?verbose").body,
             Contains(std::string("[+] primary ") + primary + ", heard "));
}

TEST_CASE("without a majority nobody is ready, and everybody is alive") {
  Group group;
  const char primary = group.primary();
  for (const char name : {'a', 'b', 'c'}) group.isolate(name);
  group.pass(3s);
  for (const char name : {'a', 'b', 'c'}) {
    Onlooker onlooker(group[name], {.now = group.now()});
    CHECK(onlooker.ask("/livez").status == 200);
    CHECK(onlooker.ask("/readyz").status == 503);
    CHECK(onlooker.ask("/primary").status == 503);
    if (name != primary) {
      CHECK_THAT(onlooker.ask("/readyz?verbose").body, Contains("[-] primary none heard for 2."));
    }
  }
}

TEST_CASE("the health of a node is a word and what is wrong, in sentences") {
  Core core;
  Onlooker alone(core.node(), {.now = core.now()});
  CHECK(alone.json("/status.json")["health"]["state"] == "ok");
  CHECK(alone.json("/status.json")["health"]["why"].empty());
  core.fill_disk(true);
  auto health = alone.json("/status.json")["health"];
  CHECK(health["state"] == "degraded");
  CHECK(health["why"][0] == "the disk is full: no new locks, renew and unlock go on");

  Group group;
  const char primary = group.primary();
  const char standby = group.others(primary).front();
  group.kill(standby);
  group.pass(12s);
  health = Onlooker(group[primary], {.now = group.now()}).json("/status.json")["health"];
  CHECK(health["state"] == "degraded");
  REQUIRE(health["why"].size() == 1);
  CHECK(health["why"][0] == std::string(1, standby) + " has not been heard for 12 s");

  group.isolate(primary);
  group.pass(3s);
  health = Onlooker(group[primary], {.now = group.now()}).json("/status.json")["health"];
  CHECK(health["state"] == "no_primary");
  CHECK_THAT(health["why"][0], Contains("none heard for 2."));
}

TEST_CASE("who has not met the others yet says whom it waits for") {
  Group group;
  group.kill('a');
  group.wipe('a');
  group.isolate('a');
  group.start('a');
  group.pass(1s);
  Onlooker onlooker(group['a'], {.now = group.now()});
  CHECK_THAT(onlooker.ask("/readyz?verbose").body, Contains("[-] primary none: not met yet: b, c"));
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// Nodes that were away, lost something or come with a new disk.
#include <catch2/catch.hpp>

#include "node/core.hpp"
#include "node/group.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

Settings small_logs() {
  Settings settings;
  settings.cluster.kept_log = 2'000;
  settings.snapshot_after = 10'000;
  return settings;
}

void make_locks(Group& group, char at, int count, const std::string& prefix) {
  for (int i = 0; i < count; ++i) {
    REQUIRE_THAT(
        group.ask(at, "LOCK " + prefix + std::to_string(i) + " ttl=1h id=i" + std::to_string(i)),
        StartsWith("OK token="));
  }
}

TEST_CASE("a node that was away gets the records it missed") {
  Group group;
  char primary = group.primary();
  char away = group.others(primary).front();
  group.kill(away);
  make_locks(group, primary, 50, "a");
  group.start(away);
  group.pass(500ms);
  CHECK(group.table(away) == group.table(primary));
  CHECK(group.snapshots_sent == 0);
}

TEST_CASE("a node that was away for too long gets a snapshot, then the rest") {
  Group group(3, small_logs());
  char primary = group.primary();
  char away = group.others(primary).front();
  make_locks(group, primary, 3, "early");
  group.kill(away);
  make_locks(group, primary, 400, "a");
  group.start(away);
  group.pass(1s);
  make_locks(group, primary, 5, "b");
  group.pass(1s);
  CHECK(group.snapshots_sent > 3);
  CHECK(group.table(away) == group.table(primary));
  // … and serves with it.
  group.kill(primary);
  group.kill(group.others(primary)[0] == away ? group.others(primary)[1]
                                              : group.others(primary)[0]);
  group.start(primary == 'a' ? 'a' : primary);
  char next = group.primary();
  CHECK_THAT(group.ask(next, "LOCK a399 ttl=1h id=i399"), StartsWith("OK token="));
}

TEST_CASE("a snapshot that nobody had yet is made when a peer needs it") {
  Settings settings;
  settings.cluster.kept_log = 1'000;
  Group group(3, settings);
  char primary = group.primary();
  char away = group.others(primary).front();
  group.kill(away);
  make_locks(group, primary, 200, "a");
  CHECK(group.snapshots_sent == 0);
  group.start(away);
  group.pass(2s);
  CHECK(group.snapshots_sent > 0);
  CHECK(group.table(away) == group.table(primary));
}

TEST_CASE("records that no majority had are replaced at a node that comes back") {
  Group group;
  char old = group.primary();
  make_locks(group, old, 5, "a");
  group.isolate(old);
  for (const char* who : {"1", "2", "3"}) group.send(old, std::string{"LOCK lost"} + who, who);
  group.settle();
  group.pass(1s);
  char next = group.primary();
  make_locks(group, next, 3, "b");
  group.heal();
  group.pass(1s);
  CHECK(group.table(old) == group.table(next));
  CHECK_THAT(group.ask(next, "LIST"), !Contains("lost"));
}

TEST_CASE("a restarted node applies only what a primary says is committed") {
  Group group;
  char primary = group.primary();
  make_locks(group, primary, 20, "a");
  for (char name : std::string{"abc"}) group.kill(name);
  group.start('a');
  group.pass(2s);
  CHECK(group['a'].table().lock_count() == 0);
  CHECK(group.find_primary() == '?');
  group.start('b');
  char next = group.primary();
  CHECK(group[next].table().lock_count() == 20);
  CHECK(group.ask(next, "LOCK new") == "OK token=21 ttl=30000");
}

TEST_CASE("a damaged node votes for nobody until it is whole, and then does") {
  Group group;
  char primary = group.primary();
  std::string others = group.others(primary);
  make_locks(group, primary, 20, "a");
  group.kill(others[0]);
  group.start(others[0], true);
  group.pass(1s);
  CHECK_FALSE(group[others[0]].replica().is_damaged());
  group.kill(others[0]);
  group.kill(others[1]);
  group.start(others[0], true);
  CHECK(group[others[0]].replica().is_damaged());
  group.kill(primary);
  group.start(others[1]);
  group.pass(3s);
  // One whole node and one damaged: no majority can vouch for what was acknowledged.
  CHECK(group.find_primary() == '?');
  group.start(primary);
  CHECK(group.primary() != others[0]);
  group.pass(1s);
  CHECK_FALSE(group[others[0]].replica().is_damaged());
}

TEST_CASE("a node that was damaged is a standby as soon as it is whole, and can be primary") {
  Group group;
  char primary = group.primary();
  const std::string to{group.others(primary)[0]};
  make_locks(group, primary, 20, "a");
  group.kill(to[0]);
  group.start(to[0], true);
  group.pass(1s);

  CHECK_THAT(group.ask(primary, "STATUS"), !Contains("learner"));
  CHECK(group.ask(primary, "HANDOVER " + to) == "OK");
  CHECK(group.find_primary() == to[0]);
}

TEST_CASE("a wiped node joins as a damaged one, once it has met all others") {
  Group group;
  char primary = group.primary();
  std::string others = group.others(primary);
  make_locks(group, primary, 20, "a");
  group.kill(others[0]);
  group.wipe(others[0]);
  group.kill(others[1]);
  group.start(others[0]);
  group.pass(3s);
  // The other one may have heard promises that the wiped one does not know any more.
  CHECK(group[others[0]].replica().is_blank());
  CHECK(group[others[0]].awaits() == std::string{others[1]});
  CHECK_THAT(group.ask(others[0], "LOCK a"),
             Contains("takes part once it has met " + std::string{others[1]}));
  CHECK(group.find_primary() == '?');
  group.start(others[1]);
  group.primary();
  group.pass(2s);
  CHECK_FALSE(group[others[0]].replica().is_blank());
  CHECK_FALSE(group[others[0]].replica().is_damaged());
  CHECK(group.table(others[0]) == group.table(group.find_primary()));
}

TEST_CASE("STATUS of the primary says how far each node is") {
  Group group;
  char primary = group.primary();
  char away = group.others(primary).back();
  group.pass(100ms);
  group.isolate(away);
  make_locks(group, primary, 7, "a");
  group.pass(900ms);
  std::string status = group.ask(primary, "STATUS");
  CHECK_THAT(status, Contains("\"role\":\"primary\""));
  CHECK_THAT(status, Contains("\"lag\":7"));
  CHECK_THAT(status, Contains("\"last_contact_ms\":9"));
}

}  // namespace
}  // namespace pawl::testing

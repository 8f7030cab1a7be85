// SPDX-License-Identifier: Apache-2.0
#include "node/statistics.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>
#include <string>

#include "node/core.hpp"
#include "node/group.hpp"

namespace pawl::testing {

using namespace std::chrono_literals;
using node::Denial;
using node::Loss;

namespace {

std::uint64_t lost(const Core& core, Loss why) {
  return core.node().statistics().lost[static_cast<std::size_t>(why)];
}
std::uint64_t denied(const node::Node& node, Denial why) {
  return node.statistics().denied[static_cast<std::size_t>(why)];
}
std::uint64_t total(const Histogram& histogram) {
  return std::accumulate(histogram.counts().begin(), histogram.counts().end(), std::uint64_t{0});
}
std::string token_word(const std::string& answer) {
  return " token=" + std::to_string(token_of(answer).value);
}
// Grants are remembered in ticks of about a millisecond.
bool is_about(Span span, Span wanted) { return span > wanted - 3ms && span < wanted + 3ms; }
Settings flushed() { return with(Durability::fsync); }

}  // namespace

TEST_CASE("grants and releases count each name, once, when they are facts") {
  Core core(flushed());
  core.send("A", "LOCK a b");
  CHECK(core.node().statistics().grants == 0);
  core.flush();
  CHECK(core.node().statistics().grants == 2);
  CHECK(core.node().statistics().waited_grants == 0);
  const std::string token = " token=1";
  core.advance(3s);
  core.ask("A", "UNLOCK a" + token);
  CHECK(core.node().statistics().releases == 1);
  CHECK(total(core.node().statistics().holds) == 1);
  CHECK(is_about(core.node().statistics().holds.sum(), 3s));
  core.ask("A", "UNLOCK a" + token);
  CHECK(core.node().statistics().releases == 1);
}

TEST_CASE("a wait is timed from LOCK to grant, a hold from grant to end") {
  Core core(flushed());
  const std::string token = token_word(core.ask("A", "LOCK x ttl=60s"));
  core.send("B", "LOCK x wait=60s ttl=60s");
  core.flush();
  core.advance(5s);
  core.ask("A", "UNLOCK x" + token);
  const node::Statistics& statistics = core.node().statistics();
  CHECK(statistics.waited_grants == 1);
  CHECK(statistics.waits.sum() == 5s);
  core.advance(2s);
  core.ask("B", "UNLOCK x token=2");
  CHECK(is_about(statistics.holds.sum(), 7s));
}

TEST_CASE("a lost lock counts by its reason, and is kept with whom it belonged to") {
  Core core(flushed(), Flushing::at_once);
  core.ask("A", "LOCK expiring ttl=1s");
  core.ask("A", "LOCK taken ttl=60s max_hold=2s");
  core.ask("B", "OPEN ttl=3s name=web-2");
  core.ask("B", "LOCK of-session");
  core.ask("C", "OPEN ttl=60s on_disconnect=release");
  core.ask("C", "LOCK of-connection");
  const std::string token = token_word(core.ask("D", "LOCK broken ttl=60s"));
  core.ask("E", "BREAK broken reason=test" + token);
  core.disconnect("C");
  core.flush();
  core.advance(5s);
  for (const Loss why :
       {Loss::expired, Loss::max_hold, Loss::session, Loss::disconnect, Loss::broken}) {
    CHECK(lost(core, why) == 1);
  }
  CHECK(core.node().statistics().releases == 0);
  const auto& newest = core.node().statistics().newest_losses;
  REQUIRE(newest.size() == 5);
  CHECK(newest.front().name == "of-session");
  CHECK(newest.front().client == "web-2");
  CHECK(newest.front().why == Loss::session);
  CHECK(newest.front().held >= 3s - 3ms);
  CHECK(newest.back().name == "broken");
}

TEST_CASE("of the losses the newest fifty are kept") {
  Core core(flushed(), Flushing::at_once);
  for (int i = 0; i < 60; ++i) core.ask("A", "LOCK l" + std::to_string(i) + " ttl=1s");
  core.advance(3s);
  CHECK(lost(core, Loss::expired) == 60);
  CHECK(core.node().statistics().newest_losses.size() == node::Statistics::most_kept);
}

TEST_CASE("a LOCK that is not granted counts by the reason") {
  Settings settings = flushed();
  settings.limits.locks = 1;
  Core core(settings, Flushing::at_once);
  core.ask("A", "LOCK x ttl=60s");
  core.ask("B", "LOCK x");
  core.ask("B", "LOCK y");
  core.send("B", "LOCK x wait=1s");
  core.flush();
  core.advance(2s);
  CHECK(denied(core.node(), Denial::busy) == 1);
  CHECK(denied(core.node(), Denial::limit) == 1);
  CHECK(denied(core.node(), Denial::timeout) == 1);
  CHECK(denied(core.node(), Denial::not_primary) == 0);
}

TEST_CASE("a deadlock is a denial") {
  Core core(flushed(), Flushing::at_once);
  core.ask("A", "OPEN ttl=60s");
  core.ask("B", "OPEN ttl=60s");
  core.ask("A", "LOCK x");
  core.ask("B", "LOCK y");
  core.send("A", "LOCK y wait=9s");
  core.send("B", "LOCK x wait=9s");
  core.flush();
  CHECK(denied(core.node(), Denial::deadlock) == 1);
}

TEST_CASE("a renewal counts with the part of its TTL that was left") {
  Core core(flushed(), Flushing::at_once);
  const std::string token = token_word(core.ask("A", "LOCK x ttl=10s"));
  core.advance(2s);
  core.ask("A", "RENEW x" + token);
  core.ask("B", "OPEN ttl=10s");
  core.advance(9'500ms);
  core.ask("B", "KEEPALIVE");
  const node::Statistics& statistics = core.node().statistics();
  CHECK(statistics.renewals == 2);
  CHECK(statistics.margins[8] == 1);  // a little more than 0.8: the primary waits longer
  CHECK(statistics.margins[0] == 1);
  CHECK(statistics.margin_sum == Approx(0.86).margin(0.03));
}

TEST_CASE("a standby counts what it refuses, and how often it found a primary") {
  Group group;
  const char first = group.primary();
  const char standby = group.others(first).front();
  group.ask(standby, "LOCK x");
  group.ask(standby, "RENEW x token=1");
  CHECK(denied(group[standby], Denial::not_primary) == 1);
  CHECK(group[standby].statistics().grants == 0);
  const std::uint64_t before = group[standby].statistics().primary_changes;
  group.kill(first);
  group.primary();
  group.pass(1s);
  CHECK(group[standby].statistics().primary_changes == before + 1);
}

TEST_CASE("what another primary granted is timed by its stamp when it is lost") {
  Group group;
  const char first = group.primary();
  group.ask(first, "LOCK x ttl=5s");
  group.kill(first);
  const char second = group.primary();
  group.pass(10s);
  const auto& newest = group[second].statistics().newest_losses;
  REQUIRE(newest.size() == 1);
  CHECK(newest.front().name == "x");
  CHECK(newest.front().held >= 5s - 3ms);
  CHECK(total(group[second].statistics().holds) == 0);
}

}  // namespace pawl::testing

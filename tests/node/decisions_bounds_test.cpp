// SPDX-License-Identifier: Apache-2.0
//
// As much as the limits allow, all of it due at once: it ends in time, in short steps.
#include <catch2/catch.hpp>

#include "node/timed_node.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t session_size = crowd_size * 10;

std::string name_of(std::size_t number) { return "l" + std::to_string(number); }

// A session with as many locks as it may have; every hundredth is waited for.
struct FullSession {
  TimedNode node;
  ConnectionId owner;
  ConnectionId waiters;

  explicit FullSession(const request::Open& open)
      : node(settings()), owner(node.connect()), waiters(node.connect()) {
    node.open(owner, open);
    for (std::size_t at = 0; at < session_size; ++at) node.lock(owner, {name_of(at)});
    for (std::size_t at = 0; at < session_size; at += 100) {
      node.lock(waiters, {name_of(at)}, {.wait = 1h});
    }
    REQUIRE(node.told("OK token=") == session_size);
    node.restart_watch();
  }
  static Settings settings() {
    Settings settings;
    settings.limits.locks_per_session = session_size;
    return settings;
  }
  // Slice by slice, with a request of somebody else's in between, answered at once.
  void sweep(const char* what) {
    const ConnectionId other = node.connect();
    std::size_t slices = 0;
    std::size_t before = node.table().lock_count();
    for (; node.is_due(); ++slices) {
      REQUIRE(slices < 1'000);
      node.tick();
      REQUIRE(before - node.table().lock_count() <= 2'000);
      node.lock(other, {"other" + std::to_string(slices)});
      REQUIRE(node.last_line() == "OK token=");
      before = node.table().lock_count();
    }
    CHECK(slices >= session_size / 2'000 - 1);
    CHECK(node.table().session_count() == 0);
    CHECK(node.table().waiter_count() == 0);
    CHECK(node.told("OK token=") == session_size + session_size / 100 + slices);
    CHECK(node.table().lock_count() == session_size / 100 + slices);
    CHECK(node.longest_ms(what) < patience_ms);
  }
};

Settings with(Durability durability) {
  Settings settings;
  settings.durability = durability;
  return settings;
}

}  // namespace

TEST_CASE("a session that has all the locks it may have is refused one more, and 64 more") {
  Settings settings;
  settings.limits.locks_per_session = session_size;
  TimedNode node(settings);
  const ConnectionId owner = node.connect();
  node.open(owner, {.ttl = 800ms});
  for (std::size_t at = 1; at < session_size; ++at) node.lock(owner, {name_of(at)});

  std::vector<std::string> many;
  for (std::size_t at = 0; at < 64; ++at) many.push_back("more" + std::to_string(at));
  node.lock(owner, many);
  CHECK(node.last_line() == "ERR LIMIT limit=locks_per_session");
  CHECK(node.table().lock_count() == session_size - 1);
  node.lock(owner, {"last"});
  CHECK(node.last_line() == "OK token=");
  node.lock(owner, {"beyond"});
  CHECK(node.last_line() == "ERR LIMIT limit=locks_per_session");
}

TEST_CASE("a full session lapses in slices, and others are served between them") {
  FullSession session({.ttl = 800ms});
  session.node.pass(900ms);
  session.sweep("full session lapses");
}

TEST_CASE("a full session is closed in slices, and others are served between them") {
  FullSession session({.ttl = 800ms});
  session.node.send(session.owner, request::Close{});
  CHECK(session.node.told("OK released=" + std::to_string(session_size)) == 1);
  session.sweep("full session is closed");
}

TEST_CASE("a full session that its connection releases is swept in slices") {
  FullSession session({.ttl = 800ms, .on_disconnect = OnDisconnect::release});
  session.node.disconnect(session.owner);
  session.sweep("full session is released");
}

TEST_CASE("max_holds that end together end in slices, their delays too, and in time") {
  TimedNode node(with(GENERATE(Durability::none, Durability::fsync)));
  const ConnectionId client = node.connect();
  for (std::size_t at = 0; at < crowd_size; ++at) {
    node.lock(client, {name_of(at)}, {.ttl = 1h, .delay = 300ms, .max_hold = 500ms});
  }
  node.flush();
  REQUIRE(node.told("OK token=") == crowd_size);
  for (std::size_t at = 0; at < crowd_size; ++at) {
    node.lock(client, {name_of(at)}, {.wait = 1h});
  }
  node.flush();
  node.restart_watch();

  node.pass(501ms);
  node.come_to_rest();
  CHECK(node.steps() >= crowd_size / 1'000);
  CHECK(node.longest_ms("max_holds end") < patience_ms);
  CHECK(node.told("OK token=") == crowd_size);

  node.pass(301ms);
  node.restart_watch();
  node.come_to_rest();
  CHECK(node.steps() >= crowd_size / 1'000);
  CHECK(node.longest_ms("delays end") < patience_ms);
  CHECK(node.told("OK token=") == 2 * crowd_size);
}

TEST_CASE("readers whose leases end together before a queue for several names take short steps") {
  TimedNode node(with(Durability::none));
  const ConnectionId client = node.connect();
  node.lock(client, {"held"});
  for (std::size_t at = 0; at < crowd_size; ++at) {
    node.lock(client, {"x"}, {.ttl = 800ms, .mode = Mode::shared});
  }
  for (std::size_t at = 0; at < crowd_size; ++at) {
    node.lock(client, {"x", "held"}, {.wait = 1h, .mode = Mode::shared});
  }
  node.restart_watch();

  node.pass(900ms);
  node.come_to_rest();

  CHECK(node.longest_ms("readers' leases end") < patience_ms);
  CHECK(node.table().waiter_count() == 2 * crowd_size);
}

TEST_CASE("what ends while the disk is slow is applied in short steps") {
  TimedNode node(with(Durability::fsync));
  const ConnectionId client = node.connect();
  for (std::size_t at = 0; at < session_size; ++at) {
    node.lock(client, {name_of(at)}, {.ttl = 800ms});
    if (at % 1'000 == 0) node.flush();
  }
  node.flush();
  REQUIRE(node.table().lock_count() == session_size);
  node.restart_watch();

  node.pass(900ms);
  for (int turns = 0; node.table().lock_count() > 0; ++turns) {
    REQUIRE(turns < 1'000);
    for (int ticks = 0; ticks < 100 && node.is_due(); ++ticks) node.tick();
    node.flush();
  }

  CHECK(node.steps() >= session_size / 1'000);
  CHECK(node.longest_ms("leases end, the disk is slow") < patience_ms);
}

}  // namespace pawl::testing

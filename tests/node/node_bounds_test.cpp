// SPDX-License-Identifier: Apache-2.0
//
// As many waiters, locks, delays and holds as the limits allow, all ended at once: no step is long.
#include <catch2/catch.hpp>

#include "node/timed_node.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;

struct Kind {
  const char* what;
  Mode held;  // of who is in the way
  Mode mode;  // of the crowd
  std::vector<std::string> names;
  bool has_ids;
};

Kind any_kind() {
  return GENERATE(
      Kind{"exclusive", Mode::exclusive, Mode::exclusive, {"x"}, false},
      Kind{"exclusive, with ids", Mode::exclusive, Mode::exclusive, {"x"}, true},
      Kind{"exclusive behind a reader, with ids", Mode::shared, Mode::exclusive, {"x"}, true},
      Kind{"shared behind a writer", Mode::exclusive, Mode::shared, {"x"}, false},
      Kind{"several names", Mode::exclusive, Mode::exclusive, {"a", "b", "x"}, false},
      Kind{"several names, shared", Mode::exclusive, Mode::shared, {"a", "b", "x"}, false},
      Kind{
          "several names, shared, with ids", Mode::exclusive, Mode::shared, {"a", "b", "x"}, true});
}

// A full queue behind one holder in a session, all asked for by one connection.
struct Queue {
  Kind kind = any_kind();
  TimedNode node;
  ConnectionId holder;
  ConnectionId crowd;
  Token token;

  Queue() : node(settings()), holder(node.connect()), crowd(node.connect()) {
    node.open(holder, {.ttl = 800ms});
    node.lock(holder, {"x"}, {.mode = kind.held});
    token = node.last_token();
    for (std::size_t at = 0; at < crowd_size; ++at) wait(at, 500ms);
    REQUIRE(node.table().waiter_count() == crowd_size * kind.names.size());
  }
  static Settings settings() {
    Settings settings;
    settings.limits.waiters_per_lock = crowd_size;
    return settings;
  }
  void wait(std::size_t at, Milliseconds wait) {
    const std::string id = "w" + std::to_string(at);
    node.lock(crowd, kind.names, {.wait = wait, .id = kind.has_ids ? id : "", .mode = kind.mode});
  }
  void check(const char* end) {
    CHECK(node.longest_ms((std::string(kind.what) + ": " + end).c_str()) < patience_ms);
  }
};

}  // namespace

TEST_CASE("a full queue refuses one more, and its making took short steps") {
  Queue queue;
  queue.check("made");

  queue.wait(crowd_size, 500ms);

  CHECK(queue.node.last_line() == "ERR LIMIT limit=waiters_per_lock");
  CHECK(queue.node.table().waiter_count() == crowd_size * queue.kind.names.size());
}

TEST_CASE("an unlock before a full queue is a short step") {
  Queue queue;
  const std::size_t granted = queue.node.told("OK token=");
  queue.node.restart_watch();

  queue.node.unlock(queue.holder, {"x"}, queue.token);
  queue.check("unlock");

  const bool all = queue.kind.mode == Mode::shared;
  CHECK(queue.node.told("OK token=") - granted == (all ? crowd_size : 1));
}

TEST_CASE("a full queue that times out at once ends in short steps") {
  Queue queue;
  queue.node.pass(600ms);
  queue.node.restart_watch();

  queue.node.come_to_rest();
  queue.check("timeout");

  CHECK(queue.node.told("ERR TIMEOUT") == crowd_size);
  CHECK(queue.node.table().waiter_count() == 0);
}

TEST_CASE("a full queue whose connection ends, then its places, go in short steps") {
  Queue queue;
  queue.node.restart_watch();
  queue.node.disconnect(queue.crowd);
  queue.node.come_to_rest();
  queue.check("disconnect");
  if (!queue.kind.has_ids) {
    CHECK(queue.node.table().waiter_count() == 0);
    return;
  }

  CHECK(queue.node.table().waiter_count() == crowd_size * queue.kind.names.size());
  queue.node.restart_watch();
  for (int left = 0; left < 6; ++left) {
    queue.node.pass(900ms);
    queue.node.come_to_rest();
  }
  queue.check("reclaim");
  CHECK(queue.node.table().waiter_count() == 0);
}

TEST_CASE("the session that a full queue waits for ends in a short step") {
  Queue queue;
  queue.node.restart_watch();
  queue.node.send(queue.holder, request::Close{});
  queue.node.come_to_rest();
  queue.check("session closed");

  const bool all = queue.kind.mode == Mode::shared;
  CHECK(queue.node.told("OK token=") == (all ? crowd_size : 1) + 1);
}

TEST_CASE("a full queue is drained in short steps") {
  Queue queue;
  queue.node.restart_watch();

  queue.node.drain();
  queue.node.come_to_rest();
  queue.check("drain");

  CHECK(queue.node.told("ERR SHUTTING_DOWN") == crowd_size);
}

}  // namespace pawl::testing

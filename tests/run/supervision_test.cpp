// SPDX-License-Identifier: Apache-2.0
#include "cli/run/supervision.hpp"

#include <catch2/catch.hpp>
#include <csignal>

namespace {

using namespace pawl;
using namespace pawl::cli;
using namespace std::chrono_literals;
using Signals = std::vector<int>;

// A lease of ten seconds from the start of time, grace two seconds; KILL leads by 100 ms.
struct Scene {
  explicit Scene(OnLost on_lost = OnLost::term) : supervision({10s, 2s, on_lost}) {
    situation.held_until = Moment(10s);
  }

  Signals at(Span time) {
    orders = {};
    supervision.review(Moment(time), situation, orders);
    return orders.signals;
  }
  [[nodiscard]] Span next() const {
    return supervision.next_deadline(situation).time_since_epoch();
  }

  Supervision supervision;
  Situation situation;
  Orders orders;
};

const Signals nothing{};
const Signals term_all{SIGTERM, SIGCONT};
const Signals kill_all{SIGKILL};

}  // namespace

TEST_CASE("a lock not renewed in time costs TERM at its end less the grace, then KILL before it") {
  Scene scene;
  CHECK(scene.next() == 8s);

  CHECK(scene.at(7999ms) == nothing);
  CHECK(scene.at(8s) == term_all);
  CHECK(scene.orders.notices == std::vector{Notice::feared});
  CHECK(scene.next() == 9900ms);
  CHECK(scene.at(9899ms) == nothing);
  CHECK(scene.at(9900ms) == kill_all);

  CHECK(scene.supervision.lost());
  CHECK(scene.at(20s) == nothing);
}

TEST_CASE("a renewal puts everything off, until TERM has been sent") {
  Scene scene;
  scene.at(7s);
  scene.situation.held_until = Moment(13s);
  CHECK(scene.next() == 11s);
  CHECK(scene.at(8s) == nothing);
  CHECK(scene.at(11s) == term_all);

  scene.situation.held_until = Moment(30s);

  CHECK(scene.at(12899ms) == nothing);
  CHECK(scene.at(12900ms) == kill_all);
  CHECK(scene.supervision.lost());
}

TEST_CASE("a server that says it is lost is believed at once") {
  Scene scene;
  scene.situation.lost = true;

  CHECK(scene.at(3s) == term_all);

  CHECK(scene.orders.notices == std::vector{Notice::told});
  CHECK(scene.at(4999ms) == nothing);
  CHECK(scene.at(5s) == kill_all);
}

TEST_CASE("who looks too late to send TERM sends KILL") {
  Scene scene;
  CHECK(scene.at(9900ms) == kill_all);
  CHECK(scene.orders.notices == std::vector{Notice::too_late});

  Scene asleep;
  asleep.situation.lost = true;
  CHECK(asleep.at(20s) == kill_all);
  CHECK(asleep.supervision.lost());
}

TEST_CASE("on-lost kill waits to the end and sends no TERM") {
  Scene scene(OnLost::kill);
  CHECK(scene.next() == 9900ms);
  CHECK(scene.at(9s) == nothing);
  CHECK(scene.at(9900ms) == kill_all);
  CHECK(scene.supervision.lost());

  Scene told(OnLost::kill);
  told.situation.lost = true;
  CHECK(told.at(1s) == kill_all);
}

TEST_CASE("on-lost ignore says it once and goes on") {
  Scene scene(OnLost::ignore);
  CHECK(scene.next() == never.time_since_epoch());
  CHECK(scene.at(9900ms) == nothing);
  scene.situation.lost = true;

  CHECK(scene.at(10s) == nothing);

  CHECK(scene.orders.notices == std::vector{Notice::ignored});
  CHECK(scene.at(11s) == nothing);
  CHECK(scene.orders.notices.empty());
  CHECK_FALSE(scene.supervision.lost());
}

TEST_CASE("what is left of the group after its leader gets TERM, the grace, KILL") {
  Scene scene;
  scene.situation.ended = true;
  scene.situation.others_left = true;

  CHECK(scene.at(1s) == term_all);
  CHECK(scene.next() == 3s);
  CHECK(scene.at(2999ms) == nothing);
  CHECK(scene.at(3s) == kill_all);

  CHECK_FALSE(scene.supervision.lost());
}

TEST_CASE("what is left of the group is killed before the lock ends, whatever the grace") {
  Scene scene;
  scene.situation.ended = true;
  scene.situation.others_left = true;
  CHECK(scene.at(9s) == term_all);

  CHECK(scene.next() == 9900ms);
  CHECK(scene.at(9900ms) == kill_all);

  CHECK_FALSE(scene.supervision.lost());  // its own exit code counts, nobody worked without a lock
}

TEST_CASE("a lock that is taken away while the group winds up leaves it no time") {
  Scene scene;
  scene.situation.ended = true;
  scene.situation.others_left = true;
  scene.at(1s);
  scene.situation.lost = true;

  CHECK(scene.at(2s) == kill_all);

  CHECK(scene.supervision.lost());
}

TEST_CASE("a command that had ended before pawl could look is no loss") {
  Scene scene;
  scene.situation.ended = true;
  scene.situation.lost = true;
  CHECK(scene.at(20s) == nothing);
  CHECK_FALSE(scene.supervision.lost());

  Scene guarded;  // but one that was killed meanwhile is
  guarded.situation.ended = guarded.situation.killed = guarded.situation.lost = true;
  guarded.at(20s);
  CHECK(guarded.supervision.lost());
}

TEST_CASE("a leader that obeyed TERM leaves the rest the time it had") {
  Scene scene;
  scene.at(8s);
  scene.situation.ended = true;
  scene.situation.others_left = true;

  CHECK(scene.at(8500ms) == nothing);
  CHECK(scene.at(9900ms) == kill_all);
}

TEST_CASE("short leases keep a lead for KILL") {
  CHECK(lead_of(1s) == 50ms);
  CHECK(lead_of(10s) == 100ms);
  CHECK(lead_of(50ms) == 2500us);
}

// SPDX-License-Identifier: Apache-2.0
#include "server/loop.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <chrono>

#include "server/clock.hpp"

using namespace std::chrono_literals;
using pawl::Span;
using pawl::server::Loop;
using pawl::server::read_clock;

namespace {

bool run_ready(Loop& loop) {
  return loop.run_ready([](const pawl::server::Readiness::Edge&) {});
}

void post(Loop& loop, int handlers, int& run) {
  for (int i = 0; i < handlers; ++i) boost::asio::post(loop.context(), [&run] { ++run; });
}

void be_busy(Span span) {
  const auto until = read_clock() + span;
  while (read_clock() < until) continue;
}

}  // namespace

TEST_CASE("a turn is bounded, so that time passes under load") {
  Loop loop;
  int run = 0;
  post(loop, 2'000, run);
  CHECK_FALSE(run_ready(loop));
  CHECK(run <= 512);
  while (!run_ready(loop)) continue;
  CHECK(run == 2'000);
}

TEST_CASE("one long handler of Asio's is all of its turn, and the rest is for the next") {
  Loop loop;
  int run = 0;
  boost::asio::post(loop.context(), [] { be_busy(2ms); });
  post(loop, 3, run);
  CHECK_FALSE(run_ready(loop));
  CHECK(run == 0);
  while (!run_ready(loop)) continue;
  CHECK(run == 3);
}

TEST_CASE("after a gap everything that is ready is seen before time passes") {
  Loop loop;
  int run = 0;
  boost::asio::post(loop.context(), [] { be_busy(150ms); });
  post(loop, 2'000, run);
  int turns = 0;
  for (; !run_ready(loop); ++turns) REQUIRE(loop.gap_seen());  // but each turn has its effects
  CHECK(turns >= 2'000 / 512);
  CHECK(run == 2'000);
  loop.end_gap();
  loop.read_time();
  CHECK_FALSE(loop.gap_seen());
}

TEST_CASE("clients faster than the loop hold up time for a second at most") {
  Loop loop;
  be_busy(150ms);
  const auto began = loop.read_time();
  REQUIRE(loop.gap_seen());
  while (loop.gap_seen()) {
    REQUIRE(read_clock() < began + 5s);
    be_busy(1ms);
    run_ready(loop);
  }
  CHECK(read_clock() > began + 800ms);
}

TEST_CASE("being idle is no gap") {
  Loop loop;
  REQUIRE(run_ready(loop));
  boost::asio::steady_timer timer(loop.context(), 150ms);
  timer.async_wait([](const boost::system::error_code&) {});
  const auto began = loop.read_time();
  loop.block(began + 10s);
  CHECK(loop.read_time() < began + 10s);
  CHECK_FALSE(loop.gap_seen());
}

TEST_CASE("a gap between the last look at the sockets and the tick is noticed") {
  Loop loop;
  CHECK(run_ready(loop));
  be_busy(150ms);
  loop.read_time();
  CHECK(loop.gap_seen());
  CHECK(run_ready(loop));
  loop.end_gap();
  CHECK_FALSE(loop.gap_seen());
}

TEST_CASE("a gap is not ended by a look at the sockets that was before it") {
  Loop loop;
  REQUIRE(run_ready(loop));
  be_busy(150ms);    // a stop, while listed work is stepped
  loop.read_time();  // … whose budget reads the time
  REQUIRE(loop.gap_seen());
  loop.end_gap();
  CHECK(loop.gap_seen());
}

TEST_CASE("a sleep that ends too late is as good as a gap, however short") {
  Loop loop;
  REQUIRE(run_ready(loop));
  loop.block(loop.read_time() + 1ms);
  be_busy(10ms);  // a stop that began in the sleep
  loop.read_time();
  CHECK(loop.gap_seen());
  CHECK(run_ready(loop));
  loop.end_gap();
  be_busy(10ms);  // but work may take so long
  loop.read_time();
  CHECK_FALSE(loop.gap_seen());
}

TEST_CASE("blocking ends at the moment given") {
  Loop loop;
  const auto until = loop.read_time() + 5ms;
  loop.block(until);
  CHECK(read_clock() >= until);
}

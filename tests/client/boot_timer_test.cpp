// SPDX-License-Identifier: Apache-2.0
#include "client/boot_timer.hpp"

#include <catch2/catch.hpp>
#include <optional>

#include "client/clock.hpp"
#include "client/line_server.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a timer is due once, when its span has passed") {
  boost::asio::io_context context;
  int due = 0;
  BootTimer timer(context, [&] { ++due; });
  const Span before = read_clocks().boot;
  timer.arm(30ms);
  CHECK(due == 0);

  context.run();

  CHECK(due == 1);
  CHECK(read_clocks().boot - before >= 30ms);
}

TEST_CASE("what is armed takes the place of what was, earlier or later") {
  boost::asio::io_context context;
  int due = 0;
  BootTimer timer(context, [&] { ++due; });
  timer.arm(1h);
  timer.arm(1ms);
  context.run();
  CHECK(due == 1);

  context.restart();
  const Span before = read_clocks().boot;
  timer.arm(1ms);
  timer.arm(40ms);
  context.run();
  CHECK(due == 2);
  CHECK(read_clocks().boot - before >= 40ms);
}

TEST_CASE("a span that is over is due at once") {
  boost::asio::io_context context;
  int due = 0;
  BootTimer timer(context, [&] { ++due; });
  timer.arm(-5s);
  CHECK(due == 0);
  context.run();
  CHECK(due == 1);
}

TEST_CASE("a disarmed timer is not due, leaves no work, and can be armed again") {
  boost::asio::io_context context;
  int due = 0;
  BootTimer timer(context, [&] { ++due; });
  timer.arm(1h);
  timer.disarm();
  context.run();
  CHECK(due == 0);

  context.restart();
  timer.arm(1h);
  timer.disarm();
  timer.arm(1ms);
  context.run();
  CHECK(due == 1);
}

TEST_CASE("a timer that is gone is not due, gone in its own call or before") {
  boost::asio::io_context context;
  int due = 0;
  std::optional<BootTimer> timer;
  timer.emplace(context, [&] {
    ++due;
    timer->arm(1ms);
    timer.reset();
  });
  timer->arm(1ms);
  context.run();
  CHECK(due == 1);

  context.restart();
  timer.emplace(context, [&] { ++due; });
  timer->arm(1ms);
  timer.reset();
  context.run();
  CHECK(due == 1);
}

}  // namespace
}  // namespace pawl::client

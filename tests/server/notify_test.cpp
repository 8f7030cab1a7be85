// SPDX-License-Identifier: Apache-2.0
#include "server/notify.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "service/notify_socket.hpp"
#include "system/temporary_directory.hpp"

using namespace std::chrono_literals;
using pawl::Moment;
using pawl::never;
using pawl::server::Environment;
using pawl::server::Log;
using pawl::server::LogLevel;
using pawl::server::Notify;
using pawl::testing::NotifySocket;
using pawl::testing::TemporaryDirectory;

namespace {

const std::string own_pid = std::to_string(::getpid());

struct Fixture {
  TemporaryDirectory directory;
  NotifySocket manager{directory.path("notify")};
  Log log{LogLevel::error, {}, [](std::string_view) {}};
  Moment start{1h};

  [[nodiscard]] Environment environment(const Environment& more = {}) const {
    Environment environment{{"NOTIFY_SOCKET", manager.name()}};
    environment.insert(environment.end(), more.begin(), more.end());
    return environment;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "each state is one message to the service manager") {
  Notify notify(environment(), log);

  notify.ready("serving");
  CHECK(manager.receive() == "READY=1\nSTATUS=serving");
  notify.reloading();
  CHECK(manager.receive().value_or("").starts_with("RELOADING=1\nMONOTONIC_USEC="));
  notify.reloaded();
  CHECK(manager.receive() == "READY=1");
  notify.stopping();
  CHECK(manager.receive() == "STOPPING=1\nSTATUS=draining");
  CHECK(manager.is_silent());
}

TEST_CASE_METHOD(Fixture, "whoever is stopping is not made ready again by a reload") {
  Notify notify(environment(), log);
  notify.stopping();
  REQUIRE(manager.receive());

  notify.reloading();
  notify.reloaded();

  CHECK(manager.is_silent());
}

TEST_CASE_METHOD(Fixture, "the time of a reload is that of CLOCK_MONOTONIC") {
  Notify notify(environment(), log);
  const auto now = [] {
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  };

  const auto before = now();
  notify.reloading();
  const auto after = now();

  const std::string message = manager.receive().value_or("");
  const auto told = std::stoll(message.substr(message.rfind('=') + 1));
  CHECK(before <= told);
  CHECK(told <= after);
}

TEST_CASE_METHOD(Fixture, "an abstract name works as a path does") {
  const NotifySocket abstract("@pawl-notify-" + own_pid);
  Notify notify({{"NOTIFY_SOCKET", abstract.name()}}, log);

  notify.ready("serving");

  CHECK(abstract.receive() == "READY=1\nSTATUS=serving");
}

TEST_CASE_METHOD(Fixture, "the watchdog is told twice in its time, by ticks only") {
  Notify notify(environment({{"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", own_pid}}), log);
  CHECK(notify.next() <= start);
  CHECK(manager.is_silent());

  notify.ticked(start);
  CHECK(manager.receive() == "WATCHDOG=1");
  CHECK(notify.next() == start + 1s);
  notify.ticked(start + 999ms);
  CHECK(manager.is_silent());
  notify.ticked(start + 1s);
  CHECK(manager.receive() == "WATCHDOG=1");
  CHECK(notify.next() == start + 2s);
}

TEST_CASE_METHOD(Fixture, "a watchdog without a process is ours") {
  Notify notify(environment({{"WATCHDOG_USEC", "2000000"}}), log);
  notify.ticked(start);
  CHECK(manager.receive() == "WATCHDOG=1");
}

TEST_CASE_METHOD(Fixture, "the watchdog of another process, or of no span, is not told") {
  const Environment more =
      GENERATE(Environment{{"WATCHDOG_USEC", "2000000"}, {"WATCHDOG_PID", "1"}},
               Environment{{"WATCHDOG_USEC", "0"}}, Environment{{"WATCHDOG_USEC", "-5"}},
               Environment{{"WATCHDOG_USEC", "2s"}}, Environment{});
  Notify notify(environment(more), log);

  notify.ticked(start);

  CHECK(notify.next() == never);
  CHECK(manager.is_silent());
}

TEST_CASE_METHOD(Fixture, "a long recovery asks for more time, again and again") {
  Notify notify(environment(), log);

  notify.recovering(start);
  CHECK(manager.receive() == "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=reading the log");
  notify.recovering(start + 9s);
  CHECK(manager.is_silent());
  notify.recovering(start + 10s);
  CHECK(manager.receive().value_or("").starts_with("EXTEND_TIMEOUT_USEC="));
}

TEST_CASE_METHOD(Fixture, "nobody listening is no error") {
  const std::string name =
      GENERATE(std::string(), std::string("relative"), std::string("/"), std::string("@"),
               std::string("/nowhere/notify"), "/" + std::string(107, 'x'));
  Notify notify({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "2000000"}}, log);

  notify.recovering(start);
  notify.ready("serving");
  notify.ticked(start);
  notify.stopping();

  CHECK(manager.is_silent());
}

TEST_CASE_METHOD(Fixture, "without the variable nothing is told and no time asked for") {
  Notify notify({{"WATCHDOG_USEC", "2000000"}}, log);
  CHECK(notify.next() == never);
}

TEST_CASE_METHOD(Fixture, "a manager that does not read holds nobody up for long") {
  Notify notify(environment({{"WATCHDOG_USEC", "1"}}), log);
  const auto began = std::chrono::steady_clock::now();

  // More than its queue takes: the last ones find it full.
  for (int i = 0; i < 3; ++i) notify.ready(std::string(100'000, 'x'));
  for (int i = 0; i < 30; ++i) notify.ticked(start + i * 1s);

  CHECK(std::chrono::steady_clock::now() - began < 10s);
}

// SPDX-License-Identifier: Apache-2.0
//
// What the real pawld tells a service manager, and when.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "service/notify_socket.hpp"
#include "system/line_client.hpp"
#include "system/process.hpp"

using namespace std::chrono_literals;
using pawl::testing::Daemon;
using pawl::testing::LineClient;
using pawl::testing::NotifySocket;
using pawl::testing::Process;
using pawl::testing::TemporaryDirectory;

namespace {

// The next message that is not the watchdog's.
std::string next_state(const NotifySocket& manager) {
  for (;;) {
    const std::optional<std::string> message = manager.receive();
    REQUIRE(message);
    if (*message != "WATCHDOG=1") return *message;
  }
}

std::uint16_t port_of(const std::string& ready) {
  return static_cast<std::uint16_t>(std::stoi(ready.substr(ready.rfind(':') + 1)));
}

std::vector<std::string> pawld_on(const std::string& data_dir) {
  return {PAWLD_PROGRAM,      "--set", "listen.client=127.0.0.1:0", "--set",
          "listen.http=none", "--set", "data_dir=" + data_dir};
}

}  // namespace

TEST_CASE("READY says where pawld serves, and comes when it does") {
  const TemporaryDirectory directory;
  const bool is_abstract = GENERATE(false, true);
  const NotifySocket manager(is_abstract ? "@pawl-" + std::to_string(::getpid())
                                         : directory.path("notify"));
  Process pawld(pawld_on(directory.path("data")), {manager.variable()});

  const std::string ready = next_state(manager);
  REQUIRE(ready.starts_with("READY=1\nSTATUS=serving clients on 127.0.0.1:"));
  LineClient client(port_of(ready));
  client.send("LOCK a");
  CHECK(client.read_line() == "OK token=1 ttl=30000");
}

TEST_CASE("a pawld that cannot serve never says READY") {
  const TemporaryDirectory directory;
  const NotifySocket manager(directory.path("notify"));
  const Daemon first;
  std::vector<std::string> words = pawld_on(directory.path("data"));
  words.insert(words.end(), {"--set", "listen.client=127.0.0.1:" + std::to_string(first.port())});
  Process second(words, {manager.variable()});

  CHECK(second.wait() == 75);

  CHECK(manager.is_silent());
}

TEST_CASE("a start that has a log to read asks for time before it says READY") {
  const TemporaryDirectory directory;
  const NotifySocket manager(directory.path("notify"));
  for (const bool has_log : {false, true}) {
    Process pawld(pawld_on(directory.path("data")), {manager.variable()});
    if (has_log) CHECK(next_state(manager).starts_with("EXTEND_TIMEOUT_USEC="));
    CHECK(next_state(manager).starts_with("READY=1"));
    pawld.terminate();
    CHECK(next_state(manager).starts_with("STOPPING=1"));
    CHECK(pawld.wait() == 0);
  }
}

TEST_CASE("SIGHUP is told as a reload that ends, good or bad") {
  const TemporaryDirectory directory;
  const NotifySocket manager(directory.path("notify"));
  std::vector<std::string> words = pawld_on(directory.path("data"));
  words.insert(words.end(), {"-c", directory.path("pawld.yaml")});
  std::ofstream(directory.path("pawld.yaml")) << "log:\n  level: debug\n";
  Process pawld(words, {manager.variable()});
  REQUIRE(next_state(manager).starts_with("READY=1"));

  for (const char* const text : {"log:\n  level: info\n", "no such key: 1\n"}) {
    std::ofstream(directory.path("pawld.yaml")) << text;
    ::kill(pawld.pid(), SIGHUP);
    CHECK(next_state(manager).starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(next_state(manager) == "READY=1");
  }
}

TEST_CASE("an idle pawld keeps telling its watchdog, a stopped one does not") {
  const TemporaryDirectory directory;
  const NotifySocket manager(directory.path("notify"));
  Process pawld(pawld_on(directory.path("data")), {manager.variable(), "WATCHDOG_USEC=400000"});
  REQUIRE(next_state(manager).starts_with("READY=1"));
  for (int i = 0; i < 5; ++i) CHECK(manager.receive() == "WATCHDOG=1");

  ::kill(pawld.pid(), SIGSTOP);
  // The signal takes effect at once, but what was sent before is still to be read.
  while (manager.receive(1s)) continue;
  CHECK_FALSE(manager.receive(2s));

  ::kill(pawld.pid(), SIGCONT);
  CHECK(manager.receive() == "WATCHDOG=1");
}

TEST_CASE("without the variable pawld serves as ever, and ends as ever") {
  Daemon daemon({}, {"WATCHDOG_USEC=400000"});
  LineClient client(daemon.port());
  client.send("PING");
  CHECK(client.read_line() == "OK pong");
  daemon.process().terminate();
  CHECK(daemon.process().wait() == 0);
}

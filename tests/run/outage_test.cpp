// SPDX-License-Identifier: Apache-2.0
//
// Outages that the command does not notice.
#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "run/command.hpp"
#include "system/line_client.hpp"

namespace {

using namespace pawl::testing;
using namespace std::chrono_literals;

// A command that ends when the test says so.
class Told {
 public:
  Told(std::uint16_t port, const Words& options)
      : run_(port, options + Words{"L", "--"} +
                       sh("echo ready $PAWL_TOKEN; while [ ! -e '" + directory_.path("go") +
                          "' ]; do sleep 0.05; done; exit 5")) {
    read_until(run_, "ready");
  }
  int finish() {
    touch(directory_.path("go"));
    return run_.wait();
  }
  [[nodiscard]] const std::string& output() const { return run_.output(); }

 private:
  TemporaryDirectory directory_;
  Run run_;
};

bool verifies(std::uint16_t port) {
  LineClient client(port);
  client.send("VERIFY L token=1");
  return client.read_line().starts_with("OK ");
}

}  // namespace

TEST_CASE(
    "a server silent for less than two thirds of the lease less the grace is not noticed") {  // 1400
                                                                                              // ms
  Daemon daemon;
  Told told(daemon.port(), {"--ttl", "3s"});
  const pid_t server = daemon.process().pid();

  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ::kill(server, SIGSTOP);
    std::this_thread::sleep_for(800ms);
    ::kill(server, SIGCONT);
    CHECK(verifies(daemon.port()));
    if (std::chrono::steady_clock::now() - start > 1200ms) {
      WARN("this machine made the outage longer than meant; nothing is proved");
      return;
    }
    std::this_thread::sleep_for(300ms);  // renewed meanwhile
  }

  CHECK(told.finish() == 5);
  CHECK(told.output() == "ready 1\n");
}

TEST_CASE("a server that is restarted keeps the lock, and the command does not notice") {
  const TemporaryDirectory directory;
  const Words options{"--set", "data_dir=" + directory.path()};
  auto daemon = std::make_unique<Daemon>(options);
  const std::uint16_t port = daemon->port();
  Told told(port, {"--ttl", "3s"});

  for (int i = 0; i < 2; ++i) {
    const bool hard = i == 0;
    if (hard) {
      daemon->process().kill();
    } else {
      daemon->process().terminate();
    }
    CHECK(daemon->process().wait() == (hard ? -SIGKILL : 0));
    daemon = std::make_unique<Daemon>(
        options + Words{"--set", "listen.client=127.0.0.1:" + std::to_string(port)});
    CHECK(verifies(port));
  }

  CHECK(told.finish() == 5);
  CHECK(told.output() == "ready 1\n");
  CHECK(holders_of(port, "L") == 0);
}

TEST_CASE("a command that ends while no server answers keeps its exit code") {
  Daemon daemon;
  const TemporaryDirectory directory;
  Run run(daemon.port(), Words{"--ttl", "1s", "L", "--"} + sh("echo ready; sleep 0.2; exit 5"));
  read_until(run, "ready");
  ::kill(daemon.process().pid(), SIGSTOP);

  CHECK(run.wait() == 5);

  ::kill(daemon.process().pid(), SIGCONT);
}

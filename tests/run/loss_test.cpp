// SPDX-License-Identifier: Apache-2.0
//
// The lock is lost: the command is ended in time, and pawl says so by 76.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "run/command.hpp"
#include "run/proxy.hpp"
#include "system/line_client.hpp"

namespace {

using namespace pawl::testing;

const std::string polite =
    "trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
const std::string deaf = "trap 'echo asked' TERM; echo ready; while :; do sleep 0.05; done";

Words witness(const TemporaryDirectory& directory) {
  return {WITNESS_PROGRAM, directory.path("lock"), directory.path("log")};
}

// Stops a server while it lives: its clients find a network that swallows everything.
class Outage {
 public:
  explicit Outage(Daemon& daemon) : pid_(daemon.process().pid()) { ::kill(pid_, SIGSTOP); }
  ~Outage() { ::kill(pid_, SIGCONT); }
  Outage(const Outage&) = delete;
  Outage& operator=(const Outage&) = delete;

 private:
  pid_t pid_;
};

}  // namespace

TEST_CASE("a server silent for longer than the lease costs the command TERM, and pawl 76") {
  Daemon daemon;
  Run run(daemon.port(), Words{"--ttl", "1s", "L", "--"} + sh(polite));
  read_until(run, "ready");

  const Outage outage(daemon);

  CHECK(run.wait() == 76);
  CHECK_THAT(run.output(), Catch::Contains("asked"));
  CHECK_THAT(run.output(), Catch::Contains("pawl: L could not be renewed in time: TERM"));
}

TEST_CASE("a command that ignores TERM is killed, and everybody in its group") {
  Daemon daemon;
  Run run(daemon.port(), Words{"--ttl", "2s", "L", "--"} + sh("(" + deaf + ") & " + deaf));
  read_until(run, "ready");

  const Outage outage(daemon);

  CHECK(run.wait() == 76);
  CHECK_THAT(run.output(), Catch::Contains("asked"));
  CHECK_THAT(run.output(), Catch::Contains("did not obey TERM: KILL"));
}

TEST_CASE("what was renewed just before pawl was stopped holds for that long") {
  Daemon daemon;
  const Words options{"--ttl", "4s", "--on-lost", "kill", "L", "--"};
  Run run(daemon.port(), options + sh("echo ready; sleep 6"));
  read_until(run, "ready");
  const auto renewed_ms = [&] {
    const std::string shown = ask(daemon.port(), "SHOW L");
    return std::stoi(shown.substr(shown.find("\"renewed_ms\":") + 13));
  };
  REQUIRE(eventually([&] { return renewed_ms() > 500; }));
  REQUIRE(eventually([&] { return renewed_ms() < 100; }));

  ::usleep(50'000);  // the answer has reached pawl
  run.signal(SIGSTOP);
  ::usleep(3'200'000);  // the renewal before was good for less
  run.signal(SIGCONT);

  CHECK(run.wait() == 0);
}

TEST_CASE("on-lost kill does not ask") {
  Daemon daemon;
  Run run(daemon.port(), Words{"--ttl", "1s", "--on-lost", "kill", "L", "--"} + sh(deaf));
  read_until(run, "ready");

  const Outage outage(daemon);

  CHECK(run.wait() == 76);
  CHECK(run.output().find("asked") == std::string::npos);
}

TEST_CASE("on-lost ignore lets the command finish, and says what it did") {
  Daemon daemon;
  const TemporaryDirectory directory;
  const std::string go = directory.path("go");
  Run ignoring(daemon.port(),
               Words{"--ttl", "1s", "--on-lost", "ignore", "L", "--"} +
                   sh("echo ready; while [ ! -e " + go + " ]; do sleep 0.05; done; exit 6"));
  read_until(ignoring, "ready");
  {
    const Outage outage(daemon);
    CHECK(read_until(ignoring, "pawl: ") ==
          "pawl: L is lost; the command goes on (--on-lost ignore)");
  }
  touch(go);
  CHECK(ignoring.wait() == 6);
}

TEST_CASE("a lock that an operator breaks is lost at once") {
  const Daemon daemon;
  const TemporaryDirectory directory;
  Run first(daemon.port(), Words{"--ttl", "1h", "L", "--"} + witness(directory) + sh(polite));
  read_until(first, "ready");

  LineClient client(daemon.port());
  client.send("BREAK L token=1 reason=test");
  CHECK(client.read_line() == "OK");

  CHECK(first.wait() == 76);
  CHECK_THAT(first.output(), Catch::Contains("pawl: L is lost, the server says so: TERM"));
  CHECK_THAT(first.output(), Catch::Contains("asked"));
}

TEST_CASE("cut off from the server, the command is gone before the lock is granted to the next") {
  const Daemon daemon;
  Proxy proxy(daemon.port());
  const TemporaryDirectory directory;
  const std::string ttl = GENERATE(as<std::string>(), "1s", "2s");
  const std::string on_lost = GENERATE(as<std::string>(), "term", "kill");
  Run first(proxy.port(), Words{"--ttl", ttl, "--on-lost", on_lost, "L", "--"} +
                              witness(directory) + sh("(" + deaf + ") & " + deaf));
  read_until(first, "ready");
  Run second(daemon.port(), Words{"L", "--"} + witness(directory) + sh("exit 4"));
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));

  proxy.cut();

  CHECK(second.wait() == 4);
  CHECK(first.wait() == 76);
  CHECK(read_file(directory.path("log")) == "begin 1\nbegin 2\n");
}

TEST_CASE("a command that obeyed TERM ends with 76, though the lock was renewed after all") {
  const Daemon daemon;
  Proxy proxy(daemon.port());
  const TemporaryDirectory directory;
  Run run(proxy.port(), Words{"--ttl", "6s", "--grace", "3s", "L", "--"} +
                            sh("trap 'echo asked; while [ ! -e " + directory.path("go") +
                               " ]; do sleep 0.05; done; exit 0' TERM; echo ready; "
                               "while :; do sleep 0.05; done"));
  read_until(run, "ready");

  proxy.cut();
  read_until(run, "asked");
  proxy.mend();
  touch(directory.path("go"));

  CHECK(run.wait() == 76);
  CHECK(holders_of(daemon.port(), "L") == 0);  // given back, not left to lapse
}

TEST_CASE("the command was gone before a silent server grants the lock to the next") {
  Daemon daemon;
  const TemporaryDirectory directory;
  Run first(daemon.port(),
            Words{"--ttl", "1s", "L", "--"} + witness(directory) + sh("(" + deaf + ") & " + deaf));
  read_until(first, "ready");
  Run second(daemon.port(), Words{"L", "--"} + witness(directory) + sh("exit 4"));
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));
  {
    const Outage outage(daemon);
    CHECK(first.wait() == 76);
  }
  CHECK(second.wait() == 4);
  CHECK(read_file(directory.path("log")) == "begin 1\nbegin 2\n");
}

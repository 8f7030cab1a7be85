// SPDX-License-Identifier: Apache-2.0
//
// A run that waits: signals end the wait, and nobody behind it notices.
#include <signal.h>

#include <catch2/catch.hpp>

#include "run/command.hpp"
#include "system/line_client.hpp"

namespace {

using namespace pawl::testing;

// Holds the lock L.
class Holder {
 public:
  explicit Holder(std::uint16_t port) : client_(port) {
    client_.send("LOCK L ttl=1h note=\"nightly backup\"");
    grant_ = client_.read_line();
    if (!grant_.starts_with("OK token=1 ")) throw std::runtime_error(grant_);
  }
  void release() {
    client_.send("UNLOCK L token=1");
    if (client_.read_line() != "OK") throw std::runtime_error("not released");
  }

 private:
  LineClient client_;
  std::string grant_;
};

}  // namespace

TEST_CASE("a signal ends the wait with 128 and its number, and the next in the queue is served") {
  const Daemon daemon;
  Holder holder(daemon.port());
  const int signal =
      GENERATE(SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGPIPE, SIGALRM, SIGRTMIN + 3);
  Run run(daemon.port(), {"L", "--", "echo", "never"});
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));
  LineClient next(daemon.port());
  next.send("LOCK L wait=forever ttl=30s");
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 2; }));

  run.signal(signal);

  CHECK(run.wait() == 128 + signal);
  CHECK(run.output().find("never") == std::string::npos);
  CHECK(waiters_of(daemon.port(), "L") == 1);
  holder.release();
  CHECK(next.read_line() == "OK token=2 ttl=30000");
}

TEST_CASE("signals that end nothing do not end the wait") {
  const Daemon daemon;
  Holder holder(daemon.port());
  Run run(daemon.port(), {"L", "--", "echo", "granted"});
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));

  run.signal(SIGWINCH);
  run.signal(SIGCONT);
  run.signal(SIGURG);
  holder.release();

  CHECK(run.wait() == 0);
  CHECK(run.output() == "granted\n");
}

TEST_CASE("a wait that was killed leaves its place to the next within the time to reclaim it") {
  const Daemon daemon({"--set", "limits.reclaim=100ms"});
  Holder holder(daemon.port());
  Run run(daemon.port(), {"L", "--", "echo", "never"});
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));

  run.kill();

  CHECK(run.wait() == -SIGKILL);
  CHECK(eventually([&] { return waiters_of(daemon.port(), "L") == 0; }));
}

TEST_CASE("a wait says after a while who is waited for, unless it is to be quiet") {
  const Daemon daemon;
  Holder holder(daemon.port());
  Run run(daemon.port(), {"L", "--", "true"});
  Run quiet(daemon.port(), {"-q", "L", "--", "true"});

  const std::string line = read_until(run, "pawl: ");
  CHECK_THAT(line, Catch::StartsWith("pawl: waiting for L: held by 127.0.0.1:"));
  CHECK_THAT(line, Catch::Contains(" \"nightly backup\" for "));

  holder.release();
  CHECK(run.wait() == 0);
  CHECK(quiet.wait() == 0);
  CHECK(quiet.output().empty());
}

TEST_CASE("a job that somebody else runs may be none to be told of") {
  const Daemon daemon;
  Holder holder(daemon.port());

  Run quiet(daemon.port(), {"-q", "-n", "-E", "0", "L", "--", "echo", "never"});
  CHECK(quiet.wait() == 0);
  CHECK(quiet.output().empty());

  Run refused(daemon.port(), {"-q", "-n", "L,M", "--", "echo", "never"});
  CHECK(refused.wait() == 64);
  CHECK_FALSE(refused.output().empty());
}

TEST_CASE("the note of a run is shown to others") {
  const Daemon daemon;
  Run run(daemon.port(), {"--note", "two words", "L", "--", "sh", "-c", "echo ready; sleep 60"});
  read_until(run, "ready");
  LineClient client(daemon.port());
  client.send("SHOW L");
  CHECK_THAT(client.read_line(), Catch::Contains("\"note\":\"two words\""));
}

TEST_CASE("runs share a lock, or are so many of it, and wait for the rest") {
  const Daemon daemon;
  const Words mode = GENERATE(Words{"--shared"}, Words{"--slots", "2"});
  const Words holds{"L", "--", "sh", "-c", "echo ready; sleep 60"};
  Run first(daemon.port(), mode + holds);
  Run second(daemon.port(), mode + holds);
  read_until(first, "ready");
  read_until(second, "ready");
  CHECK(holders_of(daemon.port(), "L") == 2);

  Run alone(daemon.port(), {"-n", "L", "--", "echo", "never"});
  CHECK(alone.wait() == 75);
  Run third(daemon.port(), {"--slots", "2", "-n", "L", "--", "echo", "never"});
  CHECK(third.wait() == 75);
}

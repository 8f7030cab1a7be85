// SPDX-License-Identifier: Apache-2.0
//
// Nothing is orphaned: the group ends before the lock is given back, and with pawl, however that
// ends. A test reads pawl's output to its end: the pipe is closed when the last process that could
// write to it is gone.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "run/command.hpp"

namespace {

using namespace pawl::testing;

// A group of three that does not care for TERM. The last of them speaks.
const std::string stubborn =
    "trap '' TERM; (sh -c 'echo deep; while :; do sleep 0.05; done' & wait) & ";

Words witness(const TemporaryDirectory& directory) {
  return {WITNESS_PROGRAM, directory.path("lock"), directory.path("log")};
}

}  // namespace

TEST_CASE("what a command left in its group is ended before the lock is given back") {
  const Daemon daemon;
  const TemporaryDirectory directory;
  const std::string script =
      GENERATE(as<std::string>(), "sleep 1000 & echo deep; exit 3", stubborn + "sleep 0.2; exit 3");
  Run first(daemon.port(), Words{"--ttl", "2s", "L", "--"} + witness(directory) + sh(script));
  read_until(first, "deep");
  Run second(daemon.port(), Words{"L", "--"} + witness(directory) + sh("exit 4"));

  CHECK(second.wait() == 4);
  CHECK(first.wait() == 3);

  CHECK(read_file(directory.path("log")) == "begin 1\nbegin 2\n");
}

TEST_CASE("a group whose processes fork and end all the time is ended too") {
  const Daemon daemon;
  const std::string chain = "f() { [ $1 -gt 0 ] || exec sleep 1000; (f $(($1 - 1))) & }; f 20";
  for (int i = 0; i < 10; ++i) {
    Run run(daemon.port(), Words{"--ttl", "2s", "L", "--"} + sh(chain));
    CHECK(run.wait() == 0);  // only after the end of output
  }
}

TEST_CASE("a command that ended in time has its own exit code, however late pawl looks") {
  const Daemon daemon;
  const TemporaryDirectory directory;
  const std::string go = directory.path("go");
  const std::string done = directory.path("done");
  Run run(daemon.port(),
          Words{"--ttl", "2s", "L", "--"} +
              sh("echo ready; while [ ! -e " + go + " ]; do sleep 0.01; done; : > " + done));
  read_until(run, "ready");

  run.signal(SIGSTOP);
  touch(go);
  REQUIRE(eventually([&] { return access(done.c_str(), F_OK) == 0; }));
  REQUIRE(eventually([&] { return holders_of(daemon.port(), "L") == 0; }));
  run.signal(SIGCONT);

  CHECK(run.wait() == 0);
}

TEST_CASE("a process that left the group is not followed") {
  const Daemon daemon;
  const TemporaryDirectory directory;
  const std::string gone = directory.path("gone");
  const std::string path = directory.path("daemon");
  Run run(daemon.port(),
          Words{"L", "--"} + sh("setsid sh -c ': > " + gone + "; sleep 0.3; echo alive > " + path +
                                "' & while [ ! -e " + gone + " ]; do sleep 0.01; done; exit 0"));
  CHECK(run.wait() == 0);
  CHECK(eventually([&] { return read_file(path) == "alive\n"; }));
}

TEST_CASE("a pawl that is killed takes its command's group along") {
  const Daemon daemon;
  Run run(daemon.port(), Words{"--ttl", "3s", "L", "--"} + sh(stubborn + "sleep 1000"));
  read_until(run, "deep");

  run.kill();

  CHECK(run.wait() == -SIGKILL);  // only after the end of output
}

TEST_CASE("a pawl that is killed lets the group of its command clean up first") {
  const Daemon daemon;
  Run run(
      daemon.port(),
      Words{"--ttl", "30s", "L", "--"} +
          sh("sh -c 'trap \"echo cleaned; exit\" TERM; echo deep; while :; do sleep 0.05; done' & "
             "wait"));
  read_until(run, "deep");

  run.kill();

  CHECK(run.wait() == -SIGKILL);
  CHECK_THAT(run.output(), Catch::Contains("cleaned"));
}

TEST_CASE("a pawl that does not move loses its command before the next is granted") {
  const Daemon daemon;
  const TemporaryDirectory directory;
  Run first(daemon.port(),
            Words{"--ttl", "1s", "L", "--"} + witness(directory) + sh(stubborn + "sleep 1000"));
  read_until(first, "deep");
  Run second(daemon.port(), Words{"L", "--"} + witness(directory) + sh("exit 4"));
  REQUIRE(eventually([&] { return waiters_of(daemon.port(), "L") == 1; }));

  first.signal(SIGSTOP);

  CHECK(second.wait() == 4);
  CHECK(read_file(directory.path("log")) == "begin 1\nbegin 2\n");
  first.signal(SIGCONT);
  CHECK(first.wait() == 76);
}

TEST_CASE("one run inside another ends with it, at once") {
  const Daemon daemon;
  const std::string inner = std::string("exec '" PAWL_PROGRAM "' run inner -- sh -c '") +
                            "trap \"\" TERM; echo deep; while :; do sleep 0.05; done'";
  Run outer(daemon.port(), Words{"--ttl", "3s", "outer", "--"} + sh(inner));
  read_until(outer, "deep");

  outer.kill();

  CHECK(outer.wait() == -SIGKILL);
}

TEST_CASE("the guard holds nothing of the caller's open") {
  const Daemon daemon;
  Run run(daemon.port(), Words{"L", "--"} + sh("echo ready; exec >&- 2>&-; sleep 1000"));
  // pawl's own standard error keeps the pipe; so the guard is looked at directly.
  read_until(run, "ready");
  Process list({"/bin/sh", "-c",
                "for g in $(ps -o pid= -C pawl-guard --ppid " + std::to_string(run.pid()) +
                    "); do [ $(ps -o ppid= -p $g) = " + std::to_string(run.pid()) +
                    " ] && [ $(ps -o comm= -p $g) = pawl-guard ] && "
                    "readlink /proc/$g/fd/0 /proc/$g/fd/1 /proc/$g/fd/2 /proc/$g/cwd; "
                    "done 2> /dev/null"});  // guards of other tests may end meanwhile
  CHECK(list.wait() >= 0);
  CHECK(list.output() == "/dev/null\n/dev/null\n/dev/null\n/\n");
}

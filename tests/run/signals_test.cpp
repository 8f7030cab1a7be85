// SPDX-License-Identifier: Apache-2.0
//
// Every signal that can be caught, sent to pawl while its command runs, reaches the command's
// group.
#include <signal.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "run/command.hpp"

namespace {

using namespace pawl::testing;

std::vector<int> catchable() {
  std::vector<int> signals;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    const bool is_reserved = signal > 31 && signal < SIGRTMIN;  // by the C library
    if (signal != SIGKILL && signal != SIGSTOP && signal != SIGCHLD && !is_reserved) {
      signals.push_back(signal);
    }
  }
  return signals;
}

struct Recorder {
  pid_t pid = 0;
  pid_t group = 0;
};

Recorder wait_for_recorder(Process& process) {
  Recorder found;
  std::string word;
  std::istringstream(read_until(process, "ready")) >> word >> found.pid >> found.group;
  return found;
}

}  // namespace

TEST_CASE("the command leads a process group of its own") {
  const Daemon daemon;
  Run run(daemon.port(), {"L", "--", RECORDER_PROGRAM});
  const Recorder recorder = wait_for_recorder(run);
  CHECK(recorder.pid == recorder.group);
  CHECK(recorder.group != run.pid());
}

TEST_CASE("every signal sent to pawl reaches its command, once") {
  const Daemon daemon;
  Run run(daemon.port(), {"L", "--", RECORDER_PROGRAM});
  wait_for_recorder(run);

  for (const int signal : catchable()) {
    run.signal(signal);
    REQUIRE(run.read_line() == "got " + std::to_string(signal));
  }
}

TEST_CASE("every signal sent to pawl's group reaches its command, once") {
  const Daemon daemon;
  Run run(daemon.port(), {"L", "--", RECORDER_PROGRAM});
  wait_for_recorder(run);

  for (const int signal : catchable()) {
    run.signal_group(signal);
    REQUIRE(run.read_line() == "got " + std::to_string(signal));
  }
}

TEST_CASE("a command that ends by a signal it was passed gives 128 and its number") {
  const Daemon daemon;
  const int signal = GENERATE(SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGALRM);
  Run run(daemon.port(), Words{"L", "--"} + sh("echo ready; exec sleep 1000"));
  read_until(run, "ready");

  run.signal(signal);

  CHECK(run.wait() == 128 + signal);
  CHECK(holders_of(daemon.port(), "L") == 0);
}

TEST_CASE("a command may have its own mind about a signal") {
  const Daemon daemon;
  Run run(daemon.port(), Words{"L", "--"} + sh("trap 'echo cleaning; exit 9' TERM; echo ready; "
                                               "while :; do sleep 0.05; done"));
  read_until(run, "ready");

  run.signal(SIGTERM);

  CHECK(run.wait() == 9);
  CHECK_THAT(run.output(), Catch::Contains("cleaning"));
}

TEST_CASE("what was ignored when pawl was started stays ignored, for the command too") {
  const Daemon daemon;
  const std::string line =
      "trap '' HUP; exec '" PAWL_PROGRAM "' -s 127.0.0.1:" + std::to_string(daemon.port()) +
      " run L -- sh -c 'kill -HUP $$; echo ready; read x; exit 4' < /dev/zero";
  Job job({"/bin/sh", "-c", line});
  read_until(job, "ready");

  job.signal(SIGHUP);
  job.signal(SIGTERM);

  CHECK(job.wait() == 128 + SIGTERM);
}

TEST_CASE("in the background of a script, where INT is ignored, an INT that is sent counts") {
  const Daemon daemon;
  const std::string line =
      "trap '' INT QUIT; exec '" PAWL_PROGRAM "' -s 127.0.0.1:" + std::to_string(daemon.port()) +
      " run L -- sh -c 'trap \"exit 5\" INT; echo ready; "
      "while :; do sleep 0.05; done'";
  Job job({"/bin/sh", "-c", line});
  read_until(job, "ready");

  job.signal(SIGINT);

  CHECK(job.wait() == 5);
}

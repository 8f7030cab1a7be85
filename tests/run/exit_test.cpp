// SPDX-License-Identifier: Apache-2.0
//
// How `pawl run` ends, and what the command is given.
#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "run/command.hpp"
#include "system/line_client.hpp"

namespace {

using namespace pawl::testing;

struct Outcome {
  int code = 0;
  std::string output;
};

Outcome run(const Words& words, const Words& environment = {}) {
  Process process(words, environment);
  const int code = process.wait();
  return {code, process.output()};
}

Outcome run(const Daemon& daemon, const Words& words, const Words& environment = {}) {
  return run(run_words(daemon.port(), words), environment);
}

}  // namespace

TEST_CASE("the command's exit code is pawl's") {
  const Daemon daemon;
  CHECK(run(daemon, Words{"L", "--"} + sh("exit 0")).code == 0);
  CHECK(run(daemon, Words{"L", "--"} + sh("exit 3")).code == 3);
  CHECK(run(daemon, Words{"L", "--"} + sh("exit 255")).code == 255);
  CHECK(run(daemon, Words{"L", "--"} + sh("kill -KILL $$")).code == 137);
  CHECK(run(daemon, Words{"L", "--"} + sh("kill -TERM $$")).code == 143);
  CHECK(holders_of(daemon.port(), "L") == 0);
}

TEST_CASE("a command that cannot be executed is told apart as a shell does") {
  const Daemon daemon;

  const Outcome missing = run(daemon, {"L", "--", "no-such-command"});
  CHECK(missing.code == 127);
  CHECK(missing.output == "pawl: no-such-command: command not found\n");
  CHECK(run(daemon, {"L", "--", "/no/such/command"}).code == 127);

  const TemporaryDirectory directory;
  const std::string path = directory.path("text");
  close(open(path.c_str(), O_CREAT | O_WRONLY, 0600));
  const Outcome denied = run(daemon, {"L", "--", path});
  CHECK(denied.code == 126);
  CHECK(denied.output == "pawl: " + path + ": Permission denied\n");

  CHECK(holders_of(daemon.port(), "L") == 0);
}

TEST_CASE("a command's own 126 and 127 pass without a word") {
  const Daemon daemon;
  const Outcome outcome = run(daemon, Words{"L", "--"} + sh("exit 127"));
  CHECK(outcome.code == 127);
  CHECK(outcome.output.empty());
}

TEST_CASE("the command knows its lock, its token and its server, whatever it was told before") {
  const Daemon daemon;
  LineClient client(daemon.port());
  client.send("LOCK other ttl=30s");
  CHECK(client.read_line() == "OK token=1 ttl=30000");

  const Outcome outcome = run(daemon, Words{"jobs/nightly", "--"} + sh("env | grep ^PAWL_ | sort"),
                              {"PAWL_TOKEN=7", "PAWL_LOCK=outer", "PAWL_LOCKSMITH=kept"});

  CHECK(outcome.output == "PAWL_LOCK=jobs/nightly\nPAWL_LOCKSMITH=kept\nPAWL_SERVER=127.0.0.1:" +
                              std::to_string(daemon.port()) + "\nPAWL_TOKEN=2\n");
}

TEST_CASE("the command gets its words as they are, and pawl's input") {
  const Daemon daemon;
  const Outcome words =
      run(daemon, {"L", "--", "printf", "<%s>", "[a,b]", "", "--", "-n", "two words", "\"q\""});
  CHECK(words.output == "<[a,b]><><--><-n><two words><\"q\">");

  const std::string line =
      "printf 'one\\ntwo\\n' | '" PAWL_PROGRAM "' -s 127.0.0.1:" + std::to_string(daemon.port()) +
      " run L -- cat";
  CHECK(run({"/bin/sh", "-c", line}).output == "one\ntwo\n");
}

TEST_CASE("descriptors the caller opened reach the command, pawl's own do not") {
  const Daemon daemon;
  const std::string line =
      "exec 8>&1; '" PAWL_PROGRAM "' -s 127.0.0.1:" + std::to_string(daemon.port()) +
      " run L -- sh -c 'echo through >&8; ls /proc/self/fd'";
  const std::string plain = "exec 8>&1; sh -c 'echo through >&8; ls /proc/self/fd'";

  const std::string with_pawl = run({"/bin/sh", "-c", line}).output;

  CHECK(with_pawl == run({"/bin/sh", "-c", plain}).output);
}

TEST_CASE("a lock that is held is busy: 75, or what the caller chose") {
  const Daemon daemon;
  LineClient client(daemon.port());
  client.send("LOCK L ttl=30s");
  CHECK(client.read_line().starts_with("OK"));

  const Outcome busy = run(daemon, {"--wait", "0", "L", "--", "echo", "never"});
  CHECK(busy.code == 75);
  CHECK(busy.output.starts_with("pawl: L: held by somebody else"));
  CHECK(run(daemon, {"-n", "L", "--", "echo", "never"}).code == 75);
  CHECK(run(daemon, {"-n", "-E", "0", "L", "--", "echo", "never"}).code == 0);
  const Outcome late = run(daemon, {"--wait", "50ms", "L", "--", "echo", "never"});
  CHECK(late.code == 75);
  CHECK(late.output.starts_with("pawl: L: not granted within --wait"));
}

TEST_CASE("no server is 69") {
  std::uint16_t port = 0;
  {
    Daemon gone;
    port = gone.port();
  }
  const Outcome outcome = run({PAWL_PROGRAM, "-s", "127.0.0.1:" + std::to_string(port), "--timeout",
                               "100", "run", "L", "--", "echo", "never"});
  CHECK(outcome.code == 69);
  CHECK(outcome.output.starts_with("pawl: "));
  CHECK(outcome.output.find("never") == std::string::npos);
}

TEST_CASE("who forgets the -- is told of it") {
  const Daemon daemon;
  const Outcome outcome = run(daemon, {"L", "sh", "-c", "true"});
  CHECK(outcome.code == 64);
  CHECK_THAT(outcome.output, Catch::Contains("LOCK... -- COMMAND"));
}

TEST_CASE("what makes no sense is 64, whoever finds it") {
  const Daemon daemon;
  CHECK(run(daemon, {"L"}).code == 64);
  CHECK(run(daemon, {"two words", "--", "true"}).code == 64);
  CHECK(run(daemon, {"--", "true"}).code == 64);
  CHECK(run(daemon, {"--tll", "3s", "L", "--", "true"}).code == 64);
  CHECK(run(daemon, {"--ttl", "3s", "--grace", "2s", "L", "--", "true"}).code == 64);
  const Outcome range = run(daemon, {"--ttl", "1ms", "L", "--", "true"});
  CHECK(range.code == 64);
  CHECK_THAT(range.output, Catch::Contains("ttl must be from 50 to"));
}

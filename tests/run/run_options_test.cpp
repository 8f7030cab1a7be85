// SPDX-License-Identifier: Apache-2.0
#include "cli/run/run_options.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "cli/failure.hpp"

namespace {

using namespace pawl;
using namespace pawl::cli;
using namespace std::chrono_literals;

RunWords words() {
  RunWords typed;
  typed.locks = {"jobs/nightly"};
  typed.command = {"true"};
  return typed;
}

std::string refusal_of(const RunWords& typed, const Globals& globals = {}) {
  try {
    static_cast<void>(check_run(typed, globals));
  } catch (const Failure& failure) {
    CHECK(failure.code() == exit_usage);
    return failure.what();
  }
  return "accepted";
}

SplitLine split(const std::vector<const char*>& line) {
  return split_run(static_cast<int>(line.size()), line.data());
}

}  // namespace

TEST_CASE("run waits for ever and renews a lease of ten seconds unless told otherwise") {
  const RunOptions options = check_run(words(), {});

  CHECK(options.policy.ttl == 10s);
  CHECK(options.policy.grace == 2s);
  CHECK(options.policy.on_lost == OnLost::term);
  CHECK_FALSE(options.wait.has_value());
  CHECK(options.conflict_exit_code == 75);
  CHECK(options.addresses.size() == 1);
}

TEST_CASE("the grace is a fifth of the TTL, five seconds at most") {
  CHECK(default_grace(1s) == 200ms);
  CHECK(default_grace(25s) == 5s);
  CHECK(default_grace(10min) == 5s);
}

TEST_CASE("a grace that leaves no time to renew is refused with its range") {
  RunWords typed = words();
  typed.ttl = "3s";
  typed.grace = "1999ms";
  CHECK(refusal_of(typed) == "accepted");
  typed.grace = "0";
  CHECK(refusal_of(typed) == "accepted");

  typed.grace = "2s";

  CHECK_THAT(refusal_of(typed), Catch::Contains("from 0 to less than 2s"));
}

TEST_CASE("durations, modes and servers that are none are refused with what they may be") {
  RunWords typed = words();
  typed.ttl = "ten";
  CHECK_THAT(refusal_of(typed), Catch::Contains("--ttl \"ten\": a duration is 250ms, 30s, 5m, 2h"));
  typed.ttl = "0";
  CHECK_THAT(refusal_of(typed), Catch::Contains("--ttl must be positive"));
  typed = words();
  typed.wait = "-1s";
  CHECK_THAT(refusal_of(typed), Catch::Contains("--wait"));
  typed = words();
  typed.on_lost = "panic";
  CHECK_THAT(refusal_of(typed), Catch::Contains("one of term, kill, ignore"));
  Globals globals;
  globals.servers = "a:1,b:x";
  CHECK_THAT(refusal_of(words(), globals),
             Catch::Contains("not a list of servers, host:port,host:port: "));
}

TEST_CASE("a wait is a duration, nothing at all, or for ever") {
  RunWords typed = words();
  typed.wait = "30s";
  CHECK(check_run(typed, {}).wait == Milliseconds(30s));
  typed.wait = "0";
  CHECK(check_run(typed, {}).wait == Milliseconds(0));
  typed.wait = "inf";
  CHECK_FALSE(check_run(typed, {}).wait.has_value());
  typed.nonblock = true;
  CHECK(check_run(typed, {}).wait == Milliseconds(0));
}

TEST_CASE("a name that no lock can have is refused before anything is asked") {
  const auto name = GENERATE(as<std::string>(), "", "two words", "a=b", "a,b", "-x", "--", "a\"b",
                             "tab\t", "\xff", std::string(256, 'x'));
  RunWords typed = words();
  typed.locks = {"a", name};
  CHECK_THAT(refusal_of(typed), Catch::Contains("not a lock name"));
}

TEST_CASE("without a command there is nothing to run") {
  RunWords typed = words();
  typed.command = {};
  CHECK_THAT(refusal_of(typed), Catch::Contains("pawl run jobs/nightly -- command"));
  typed.command = {""};
  CHECK_THAT(refusal_of(typed), Catch::Contains("no command"));
}

TEST_CASE("who forgets the -- is asked for it, and not for a command behind other locks") {
  RunWords typed = words();
  typed.command = {};
  typed.locks = {"L", "echo", "hi"};
  CHECK(refusal_of(typed) == "no command: pawl run L -- echo hi?");
}

TEST_CASE("the words behind the dashes are the command's, whatever they look like") {
  const SplitLine line = split({"pawl", "run", "-n", "L", "--", "sh", "-s", "--", "[a,b]", ""});

  CHECK(line.own == 4);
  CHECK(line.command == std::vector<std::string>{"sh", "-s", "--", "[a,b]", ""});
}

TEST_CASE("elect has its command behind the dashes as run has") {
  const SplitLine line = split({"pawl", "elect", "L", "--", "run", "--", "x"});
  CHECK(line.own == 3);
  CHECK(line.command == std::vector<std::string>{"run", "--", "x"});
  RunWords typed = words();
  typed.verb = "elect";
  typed.command = {};
  CHECK_THAT(refusal_of(typed), Catch::Contains("pawl elect jobs/nightly -- command"));
}

TEST_CASE("dashes of other commands are left alone") {
  CHECK(split({"pawl", "show", "--", "run"}).own == 4);
  CHECK(split({"pawl", "run", "L"}).own == 3);
  CHECK(split({"pawl", "run", "L", "--"}).own == 3);
  CHECK(split({"pawl", "run", "L", "--"}).command.empty());
}

// SPDX-License-Identifier: Apache-2.0
//
// The pawl command as a shell sees it: words and environment in, text and exit code out.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace pawl::testing {
namespace {

// As `pawl --help` lists them.
Words commands() {
  std::istringstream help(pawl_data({"--help"}).output);
  Words found;
  bool listed = false;
  for (std::string line; std::getline(help, line);) {
    if (listed && line.empty()) break;
    if (listed) found.push_back(line.substr(2, line.find(' ', 2) - 2));
    if (line == "Subcommands:") listed = true;
  }
  return found;
}

Outcome in_bash(const std::string& script) {
  Process process(
      {"/bin/bash", "--norc", "-c", "source <(\"$0\" completion bash) && " + script, PAWL_PROGRAM});
  const int code = process.wait();
  return {code, process.output()};
}

}  // namespace

TEST_CASE("pawl version prints one line and needs no server") {
  const Outcome outcome = pawl_with({"version"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "pawl " PAWL_VERSION "\n");
}

TEST_CASE("pawl version -o json is JSON") {
  const auto json = nlohmann::json::parse(pawl_data({"version", "-o", "json"}).output);
  CHECK(json == nlohmann::json{{"version", PAWL_VERSION}});
}

TEST_CASE("each command has a --help with examples and exit codes") {
  const Words all = commands();
  REQUIRE(all.size() >= 14);
  for (const std::string& command : all) {
    INFO(command);
    const Outcome help = pawl_data({command, "--help"});
    CHECK(help.code == 0);
    CHECK_THAT(help.output, Contains("Examples:\n  pawl") ||
                                Contains("Examples:\n  token=$(pawl") ||
                                Contains("Examples:\n  source <(pawl"));
    for (const char* code : {"0 done", "1 refused", "64 usage", "69 no server", "75 busy",
                             "76 not held", "77 not allowed", "128+n signal n"}) {
      CHECK_THAT(help.output, Contains(code));
    }
  }
}

TEST_CASE("bash completes every command, every option, and the values that are known") {
  std::string all;
  for (const std::string& command : commands()) all += command + " ";
  CHECK_THAT(in_bash("COMP_WORDS=(pawl '') COMP_CWORD=1; _pawl; echo \"${COMPREPLY[*]}\"").output,
             StartsWith(all + "-h --help"));
  CHECK(in_bash("COMP_WORDS=(pawl acquire --w) COMP_CWORD=2; _pawl; echo \"${COMPREPLY[*]}\"")
            .output == "--wait\n");
  CHECK(in_bash("COMP_WORDS=(pawl -s x:1 ls -o '') COMP_CWORD=5; _pawl; echo \"${COMPREPLY[*]}\"")
            .output == "text json\n");
  CHECK(in_bash("COMP_WORDS=(pawl completion z) COMP_CWORD=2; _pawl; echo \"${COMPREPLY[*]}\"")
            .output == "zsh\n");
  CHECK(in_bash("complete -p pawl").output == "complete -o default -F _pawl pawl\n");
}

TEST_CASE("pawl --help shows examples and exits with 0") {
  const Outcome outcome = pawl_with({"--help"});
  CHECK(outcome.code == 0);
  CHECK(outcome.output.find("pawl run jobs/nightly -- ./backup.sh") != std::string::npos);
}

TEST_CASE("a wrong command line exits with 64 and says why") {
  const std::vector<std::string> words = GENERATE(
      std::vector<std::string>{}, std::vector<std::string>{"sing"},
      std::vector<std::string>{"send"}, std::vector<std::string>{"send", " "},
      std::vector<std::string>{"send", "PING\nPING"}, std::vector<std::string>{"ping", "--louder"},
      std::vector<std::string>{"--timeout", "0", "ping"},
      std::vector<std::string>{"-s", "", "ping"}, std::vector<std::string>{"-s", "host:", "ping"},
      std::vector<std::string>{"-s", ":1", "ping"},
      std::vector<std::string>{"-s", "host:70000", "ping"},
      std::vector<std::string>{"-s", "[::1:7295", "ping"});
  const Outcome outcome = pawl_with(words);
  CHECK(outcome.code == 64);
  CHECK_FALSE(outcome.output.empty());
}

TEST_CASE("pawl ping tells the round trip time, as text and as JSON") {
  Daemon daemon;
  const std::string server = server_at(daemon.port());

  const Outcome ping = pawl_data({"ping"}, {server});
  CHECK(ping.code == 0);
  CHECK_THAT(ping.output, StartsWith("pong from 127.0.0.1:") && EndsWith("ms\n"));
  const auto json = nlohmann::json::parse(pawl_data({"ping", "-o", "json"}, {server}).output);
  CHECK(json["server"] == "127.0.0.1:" + std::to_string(daemon.port()));
  CHECK(json["round_trip_ms"].get<double>() > 0);
}

TEST_CASE("pawl send prints the reply and exits with 0 on OK, 1 on ERR") {
  Daemon daemon;
  const std::string server = server_at(daemon.port());

  const Outcome lock = pawl_with({"send", "LOCK", "jobs/nightly", "ttl=1m"}, {server});
  CHECK(lock.code == 0);
  CHECK(lock.output == "OK token=1 ttl=60000\n");

  // Words that are also commands of pawl belong to the line.
  const Outcome word = pawl_with({"send", "LOCK", "ping"}, {server});
  CHECK(word.code == 0);
  CHECK(word.output == "OK token=2 ttl=30000\n");

  const Outcome list = pawl_with({"send", "LOCK", "[a]"}, {server});
  CHECK(list.code == 0);
  CHECK_THAT(pawl_with({"send", "SHOW", "[a]"}, {server}).output,
             Catch::Contains("\"name\":\"[a]\""));
  CHECK_THAT(pawl_with({"send", "LIST"}, {server}).output, Catch::Contains("\"name\":\"[a]\""));

  const Outcome busy = pawl_with({"send", "#7 LOCK jobs/nightly"}, {server});
  CHECK(busy.code == 1);
  CHECK(busy.output.starts_with("#7 ERR BUSY "));

  const Outcome tagged = pawl_with({"send", "#7", "PING"}, {server});
  CHECK(tagged.code == 0);
}

}  // namespace pawl::testing

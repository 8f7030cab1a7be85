// SPDX-License-Identifier: Apache-2.0
//
// config/systemd/pawld.service, as systemd itself judges it, and against the pawld it starts.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "system/process.hpp"
#include "system/temporary_directory.hpp"

using pawl::testing::Daemon;
using pawl::testing::Process;
using pawl::testing::TemporaryDirectory;

namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string read_config(const std::string& name) { return read(PAWL_SOURCE_DIR "/config/" + name); }

std::string read_unit() { return read_config("systemd/pawld.service"); }

// Of the unit, or of what looks like one: what stands behind `key=`.
std::string value_in(const std::string& text, const std::string& key) {
  const std::size_t at = text.find("\n" + key + "=");
  REQUIRE(at != std::string::npos);
  const std::size_t from = at + key.size() + 2;
  return text.substr(from, text.find('\n', from) - from);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

struct Verdict {
  int code = 0;
  std::string said;
};

// The tool reads files only; it asks no running systemd.
Verdict analyze(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{"/usr/bin/env", "systemd-analyze"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Process tool(words, {"SYSTEMD_PAGER=", "SYSTEMD_COLORS=0"});
  const int code = tool.wait();
  if (code == 127) FAIL("systemd-analyze is missing: apt-get install systemd, or ./dev test");
  return {code, tool.output()};
}

Verdict verify(const std::string& unit) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("pawld.service")) << unit;
  return analyze({"verify", "--man=no", "--recursive-errors=no", directory.path("pawld.service")});
}

Verdict rate(const std::string& unit) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("pawld.service")) << unit;
  return analyze({"security", "--offline=yes", "--threshold=20", directory.path("pawld.service")});
}

std::string installed_unit() { return replaced(read_unit(), "/usr/bin/pawld", PAWLD_PROGRAM); }

std::set<int> codes_without_restart() {
  std::istringstream words(value_in(read_unit(), "RestartPreventExitStatus"));
  std::set<int> codes;
  for (int code = 0; words >> code;) codes.insert(code);
  return codes;
}

int exit_code_of_pawld(const std::vector<std::string>& arguments) {
  std::vector<std::string> words{PAWLD_PROGRAM, "--set", "listen.http=none"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return Process(words).wait();
}

}  // namespace

TEST_CASE("systemd takes the unit without a complaint") {
  const Verdict verdict = verify(installed_unit());
  INFO(verdict.said);
  CHECK(verdict.code == 0);
  CHECK(verdict.said.empty());
}

TEST_CASE("a misspelt key, a comment behind a value and a missing program are complained of") {
  const std::string unit = installed_unit();
  CHECK(verify(replaced(unit, "WatchdogSec=20s", "WatchdoSec=20s")).code != 0);
  CHECK(verify(replaced(unit, "WatchdogSec=20s", "WatchdogSec=20s # twice")).code != 0);
  CHECK(verify(replaced(unit, PAWLD_PROGRAM, "/nowhere/pawld")).code != 0);
}

TEST_CASE("systemd rates the exposure of the unit below 2.0") {
  const Verdict verdict = rate(read_unit());
  INFO(verdict.said);
  CHECK(verdict.code == 0);

  const std::string open = replaced(read_unit(), "\nCapabilityBoundingSet=\n", "\n");
  CHECK(rate(open).code != 0);
}

TEST_CASE("a failure that another start would meet as well is not restarted") {
  const TemporaryDirectory directory;
  const std::string in_directory = "data_dir=" + directory.path("data");
  std::ofstream(directory.path("bad.yaml")) << "nodes: 3\n";
  const std::set<int> codes = codes_without_restart();

  CHECK(codes.contains(exit_code_of_pawld({"--no-such-option"})));
  CHECK(codes.contains(exit_code_of_pawld({"-c", directory.path("none.yaml")})));
  CHECK(codes.contains(exit_code_of_pawld({"-c", directory.path("bad.yaml")})));
  CHECK(codes.contains(exit_code_of_pawld({"--set", "data_dir=/proc/nowhere/pawl"})));
  { const Daemon first({"--set", in_directory}); }
  std::ofstream(directory.path("data/META"), std::ios::trunc) << "not META";
  CHECK(codes.contains(exit_code_of_pawld({"--set", in_directory})));
}

TEST_CASE("a failure that may pass is restarted: a port in use, a disk that failed, an assertion") {
  const Daemon first;
  const std::string address = "127.0.0.1:" + std::to_string(first.port());
  const TemporaryDirectory directory;
  const std::set<int> codes = codes_without_restart();

  CHECK_FALSE(codes.contains(exit_code_of_pawld(
      {"--set", "listen.client=" + address, "--set", "data_dir=" + directory.path()})));
  for (const int code : {1, 71, 74}) CHECK_FALSE(codes.contains(code));
}

TEST_CASE("the configuration that the unit names is the one that is shipped") {
  CHECK(read_unit().find("\nExecStart=/usr/bin/pawld -c /etc/pawl/pawld.yaml\n") !=
        std::string::npos);
  CHECK(exit_code_of_pawld({"-c", PAWL_SOURCE_DIR "/config/pawld.yaml", "--check-config"}) == 0);
}

TEST_CASE("the user that the unit runs as is the one that sysusers makes") {
  const TemporaryDirectory root;
  std::filesystem::create_directory(root.path("etc"));
  const std::vector<std::string> words{"/usr/bin/env", "systemd-sysusers", "--root=" + root.path(),
                                       PAWL_SOURCE_DIR "/config/sysusers.d/pawl.conf"};

  Process tool(words);

  INFO(tool.output());
  CHECK(tool.wait() == 0);
  const std::string user = value_in(read_unit(), "User");
  CHECK(value_in(read_unit(), "Group") == user);
  CHECK(read(root.path("etc/passwd")).starts_with(user + ":"));
  CHECK(read(root.path("etc/passwd")).find(":/var/lib/pawl:/usr/sbin/nologin\n") !=
        std::string::npos);
  CHECK(read(root.path("etc/group")).starts_with(user + ":"));
}

TEST_CASE(
    "systemd takes the socket; it is the address of clients, under the name that pawld knows") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("pawld.service")) << installed_unit();
  const std::string socket = read_config("systemd/pawld.socket");
  std::ofstream(directory.path("pawld.socket")) << socket;

  const Verdict verdict =
      analyze({"verify", "--man=no", "--recursive-errors=no", directory.path("pawld.socket")});

  INFO(verdict.said);
  CHECK(verdict.code == 0);
  CHECK(verdict.said.empty());
  CHECK(value_in(socket, "FileDescriptorName") == "client");
  CHECK(read_config("pawld.yaml").find("\n  client: " + value_in(socket, "ListenStream") + "\n") !=
        std::string::npos);
}

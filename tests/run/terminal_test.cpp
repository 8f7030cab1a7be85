// SPDX-License-Identifier: Apache-2.0
//
// `pawl run` at a terminal is what the command would be without it: Ctrl-C, Ctrl-Z and fg, reading
// keys, a window that changes its size.
#include "run/terminal.hpp"

#include <signal.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "system/line_client.hpp"

namespace {

using namespace pawl::testing;

const std::string ctrl_c = "\x03";
const std::string ctrl_z = "\x1a";
const std::string pawl_run = "'" PAWL_PROGRAM "' run ";

// A terminal, a server, and commands as scripts of their own, so that no echo shows their words.
struct Desk {
  Desk() : terminal({"PAWL_SERVER=127.0.0.1:" + std::to_string(daemon.port())}) {}

  // Types a line that runs the script under the lock L.
  void run(const std::string& script, const std::string& options = "",
           const std::string& end = "") {
    std::ofstream(directory.path("script")) << script;
    terminal.type(pawl_run + options + " L -- sh " + directory.path("script") + end + "\n");
  }
  // The exit code of the last command, as the shell has it.
  std::string code() {
    terminal.type("echo code\"\"=$?.\n");
    terminal.see("code=");
    const std::string seen = terminal.see(".");
    return seen.substr(0, seen.size() - 1);
  }
  [[nodiscard]] bool is_stopped() const {
    const std::string script = directory.path("script");
    Process list({"/bin/sh", "-c", "ps -eo stat=,args= | grep -q '^T[^ ]* *sh " + script + "$'"});
    return list.wait() == 0;
  }

  Daemon daemon;
  TemporaryDirectory directory;
  Terminal terminal;
};

}  // namespace

TEST_CASE("Ctrl-C reaches the command, and the shell sees how it ended") {
  Desk desk;
  desk.run("trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.05; done");
  desk.terminal.see("ready");

  desk.terminal.type(ctrl_c);

  desk.terminal.see("interrupted");
  CHECK(desk.code() == "7");

  desk.run("echo ready; exec sleep 1000");
  desk.terminal.see("ready");
  desk.terminal.type(ctrl_c);
  CHECK(desk.code() == "130");
}

TEST_CASE("Ctrl-C ends a wait") {
  Desk desk;
  LineClient client(desk.daemon.port());
  client.send("LOCK L ttl=1h");
  REQUIRE(client.read_line().starts_with("OK"));
  desk.run("echo never");
  REQUIRE(eventually([&] { return waiters_of(desk.daemon.port(), "L") == 1; }));

  desk.terminal.type(ctrl_c);

  CHECK(desk.code() == "130");
  CHECK(waiters_of(desk.daemon.port(), "L") == 0);
}

TEST_CASE("the command reads what is typed") {
  Desk desk;
  desk.run("echo ready; read x; echo \"<$x>\"; exit 3");
  desk.terminal.see("ready");

  desk.terminal.type("hello\n");

  desk.terminal.see("<hello>");
  CHECK(desk.code() == "3");
}

TEST_CASE("Ctrl-Z stops the command and pawl, fg continues both, and the terminal goes along") {
  Desk desk;
  desk.run("echo ready; read x; echo \"<$x>\"; exit 3", "--ttl 1m");
  desk.terminal.see("ready");

  desk.terminal.type(ctrl_z);
  desk.terminal.see("Stopped");
  CHECK(desk.is_stopped());
  desk.terminal.type("echo still\"\"here\n");
  desk.terminal.see("stillhere");
  desk.terminal.type("fg\n");
  desk.terminal.see("script");
  desk.terminal.type("hello\n");

  desk.terminal.see("<hello>");
  CHECK(desk.code() == "3");
}

TEST_CASE("a command stopped for longer than its lease never moves again") {
  Desk desk;
  desk.run("echo ready; read x; echo \"<$x>\"", "--ttl 1s");
  desk.terminal.see("ready");

  desk.terminal.type(ctrl_z);
  desk.terminal.see("Stopped");
  REQUIRE(eventually([&] { return holders_of(desk.daemon.port(), "L") == 0; }));
  desk.terminal.type("fg\n");
  desk.terminal.see("pawl: ");

  CHECK(desk.code() == "76");
}

TEST_CASE("a command in the background asks for the terminal as any job does") {
  Desk desk;
  desk.run("echo ready; read x; echo \"<$x>\"", "--ttl 1m", " &");
  desk.terminal.see("ready");
  REQUIRE(eventually([&] { return desk.is_stopped(); }));

  desk.terminal.type("fg\n");
  desk.terminal.type("hello\n");

  desk.terminal.see("<hello>");
  CHECK(desk.code() == "0");
}

TEST_CASE("a command in a pipeline gets the terminal when it asks for it") {
  Desk desk;
  desk.run("echo ready; read x < /dev/tty; echo \"<$x>\"", "", " | cat");
  desk.terminal.see("ready");

  desk.terminal.type("hello\n");

  desk.terminal.see("<hello>");
  CHECK(desk.code() == "0");
}

TEST_CASE("another command of the pipeline keeps the terminal") {
  Desk desk;
  desk.run("echo ready; while sleep 0.05; do echo; done", "",
           " | sh -c 'head -n 1; read x < /dev/tty; echo \"<$x>\"'");
  desk.terminal.see("ready");

  desk.terminal.type("hello\n");

  desk.terminal.see("<hello>");
  CHECK(desk.code() == "0");
}

TEST_CASE("a wait is stopped and continued like any command") {
  Desk desk;
  LineClient client(desk.daemon.port());
  client.send("LOCK L ttl=1h");
  REQUIRE(client.read_line() == "OK token=1 ttl=3600000");
  desk.run("echo granted");
  REQUIRE(eventually([&] { return waiters_of(desk.daemon.port(), "L") == 1; }));

  desk.terminal.type(ctrl_z);
  desk.terminal.see("Stopped");
  desk.terminal.type("fg\n");
  desk.terminal.see("script");
  client.send("UNLOCK L token=1");

  desk.terminal.see("granted");
  CHECK(desk.code() == "0");
}

TEST_CASE("Ctrl-C in a pipeline reaches the command too") {
  Desk desk;
  desk.run("trap 'echo interrupted >&2; exit 7' INT; echo ready; while :; do sleep 0.05; done", "",
           " | cat");
  desk.terminal.see("ready");

  desk.terminal.type(ctrl_c);

  desk.terminal.see("interrupted");
}

TEST_CASE("the command learns that the window has changed its size") {
  Desk desk;
  desk.run("trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done");
  desk.terminal.see("ready");

  desk.terminal.resize(33, 99);

  desk.terminal.see("33 99");
  CHECK(desk.code() == "0");
}

TEST_CASE("a command that was killed leaves the terminal as it found it") {
  Desk desk;
  desk.run("stty raw -echo; echo ready; kill -KILL $$");
  desk.terminal.see("ready");

  CHECK(desk.code() == "137");
  desk.terminal.type("stty -a | grep -o '[-]*icanon'\n");
  CHECK(desk.terminal.see("icanon\r\n").find("-icanon\r") == std::string::npos);
}

TEST_CASE("without anybody who could continue it, Ctrl-Z stops nothing") {
  Desk desk;
  std::ofstream(desk.directory.path("script")) << "echo ready; read x; echo \"<$x>\"";
  desk.terminal.type("exec " + pawl_run + "L -- sh " + desk.directory.path("script") + "\n");
  desk.terminal.see("ready");

  desk.terminal.type(ctrl_z);
  desk.terminal.type("hello\n");

  desk.terminal.see("<hello>");
}

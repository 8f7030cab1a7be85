// SPDX-License-Identifier: Apache-2.0
//
// pawl top and pawl status --watch: on a terminal, which is always given back as it was, and
// without one.
#include <signal.h>

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "run/terminal.hpp"
#include "system/line_client.hpp"
#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::testing {
namespace {

const std::string alternate_screen = "\x1b[?1049h";
const std::string normal_screen = "\x1b[?1049l";
const std::string ctrl_c = "\x03";
const std::string ctrl_z = "\x1a";
const std::string escape = "\x1b";
const std::string enter = "\r";

void ask(LineClient& client, const std::string& line, const std::string& expected) {
  client.send(line);
  REQUIRE_THAT(client.read_line(), StartsWith(expected));
}

// One holds jobs/a, two wait for it; one waits for jobs/b.
class Crowd {
 public:
  explicit Crowd(std::uint16_t port) : holder_(port), waiter_(port) {
    ask(holder_, "OPEN ttl=1h name=\"worker 7\"", "OK");
    ask(holder_, "LOCK jobs/a note=\"since \\x1b[2J Monday\"", "OK token=1");
    ask(holder_, "LOCK jobs/b", "OK token=2");
    for (const char* wait : {"#1 LOCK jobs/a", "#2 LOCK jobs/a", "#3 LOCK jobs/b"}) {
      waiter_.send(wait + std::string(" wait=1h"));
    }
    ask(waiter_, "#4 SHOW jobs/b", "#4 OK");
  }

 private:
  LineClient holder_;
  LineClient waiter_;
};

// A person who types pawl's commands.
class Desk {
 public:
  explicit Desk(std::uint16_t port) : terminal_({server_at(port), "TERM=xterm", "NO_COLOR="}) {}

  void start(const std::string& words) {
    terminal_.type(std::string(PAWL_PROGRAM) + " " + words + "\n");
  }
  void type(const std::string& keys) const { terminal_.type(keys); }
  void see(const std::string& text) { seen_ = terminal_.see(text); }
  [[nodiscard]] const std::string& seen() const { return seen_; }  // by the last see()
  void resize(unsigned short rows, unsigned short columns) const {
    terminal_.resize(rows, columns);
  }
  // Of the last command, with the modes that it left.
  void check_ended(const std::string& code) {
    see(normal_screen);
    type("echo code\"\"=$?. $(stty -a | grep -o '[-]*icanon') $(stty -a | grep -ow '[-]*echo')\n");
    see("code=" + code + ". icanon echo");
  }

 private:
  Terminal terminal_;
  std::string seen_;
};

}  // namespace

TEST_CASE("pawl top shows who is waited for, by whom held, and gives the terminal back") {
  Daemon daemon;
  const Crowd crowd(daemon.port());
  Desk desk(daemon.port());
  desk.start("top --interval 100ms");
  desk.see(alternate_screen);
  desk.see("epoch 1  n1 primary");
  CHECK_THAT(desk.seen(), !Contains("normal"));
  desk.see("waiters 3");
  desk.see("> jobs/a  2 ");
  desk.see("\"worker 7\"");
  desk.see("\"since \\x1b[2J Monday\"");
  desk.see("  jobs/b  ");
  desk.type("q");
  desk.check_ended("0");
}

TEST_CASE("pawl top gives the terminal back however it ends") {
  Daemon daemon;
  Desk desk(daemon.port());
  const auto [end, code] = GENERATE(table<std::string, std::string>(
      {{ctrl_c, "130"}, {"\x1c", "131"}, {"TERM", "143"}, {"HUP", "129"}}));
  desk.start("top & echo id\"\"=$!.; fg");
  desk.see("id=");
  desk.see(".");
  const pid_t process = std::stoi(desk.seen());
  desk.see("nobody waits for a lock");
  if (end == "TERM") kill(process, SIGTERM);
  if (end == "HUP") kill(process, SIGHUP);
  if (end.size() == 1) desk.type(end);
  desk.check_ended(code);
}

TEST_CASE("while pawl top is stopped the terminal is the shell's, continued it draws again") {
  Daemon daemon;
  Desk desk(daemon.port());
  desk.start("top --interval 1h");
  desk.see("nobody waits for a lock");
  desk.type(ctrl_z);
  desk.see(normal_screen);
  desk.see("Stopped");
  desk.type("stty -a | grep -o '[-]*icanon'; echo still\"\" here\n");
  desk.see("still here");
  CHECK_THAT(desk.seen(), Contains("icanon") && !Contains("-icanon"));
  desk.type("fg\n");
  desk.see(alternate_screen);
  desk.see("nobody waits for a lock");
  desk.type("q");
  desk.check_ended("0");
}

TEST_CASE("keys choose a lock, show its queue, filter and pause") {
  Daemon daemon;
  const Crowd crowd(daemon.port());
  Desk desk(daemon.port());
  desk.start("top --interval 100ms");
  desk.see("> jobs/a");
  desk.type("j");
  desk.see("> jobs/b");
  desk.type(enter);
  desk.see("jobs/b: \x1b[32mheld\x1b[0m, ");
  desk.see("POSITION  MODE ");
  desk.type(escape);
  desk.see("> jobs/b");
  desk.type("/jobs/a");
  desk.see("only locks that begin with: jobs/a_");
  desk.type(enter);
  desk.see("only jobs/a…");
  desk.see("> jobs/a");
  desk.type("p");
  desk.see("PAUSED");
  desk.type("q");
  desk.check_ended("0");
}

TEST_CASE("a terminal of another size is drawn on anew") {
  Daemon daemon;
  const Crowd crowd(daemon.port());
  Desk desk(daemon.port());
  desk.start("top --interval 1h");
  desk.see("EXPIRES");
  desk.resize(10, 30);
  desk.see("n1 pri");
  desk.see("j/k choose  Enter queue  / fi…");
  desk.type("q");
  desk.check_ended("0");
}

TEST_CASE("a server that goes away is said to be, and what was seen stays until it is back") {
  TemporaryDirectory data;
  auto daemon = std::make_unique<Daemon>(Words{"--set", "data_dir=" + data.path()});
  const std::uint16_t port = daemon->port();
  Desk desk(port);
  {
    const Crowd crowd(port);
    desk.start("top --interval 100ms");
    desk.see("> jobs/a");
    daemon->process().kill();
    desk.see(" old, trying again: ");
    desk.see("cannot reach 127.0.0.1:" + std::to_string(port) + ": Connection refused");
    desk.see("> jobs/a");
  }
  daemon = nullptr;
  daemon = std::make_unique<Daemon>(Words{"--set", "data_dir=" + data.path(), "--set",
                                          "listen.client=127.0.0.1:" + std::to_string(port)});
  desk.see("nobody waits for a lock");
  desk.type("q");
  desk.check_ended("0");
}

TEST_CASE("pawl top waits for a server that is not there yet, and can be quit meanwhile") {
  DeafPort port;
  Desk desk(port.port());
  desk.start("top");
  desk.see("Nothing seen yet, trying again: cannot reach");
  port.listen_without_answering();
  desk.see("no reply in time");
  desk.type("q");
  desk.check_ended("0");
}

TEST_CASE(
    "without a terminal pawl top prints block after block, and nothing that a terminal obeys") {
  Daemon daemon;
  const Crowd crowd(daemon.port());
  Process top({PAWL_PROGRAM, "top", "--interval", "100ms"}, {server_at(daemon.port())});
  for (int block = 0; block < 3; ++block) {
    CHECK_THAT(top.read_line().value_or(""), StartsWith("epoch 1  n1 primary"));
    CHECK_THAT(top.read_line().value_or(""), StartsWith("locks 2  waiters 3  sessions 1  "));
    CHECK_THAT(top.read_line().value_or(""), StartsWith("LOCK    WAITERS  OLDEST  HELD"));
    CHECK_THAT(top.read_line().value_or(""), StartsWith("jobs/a  2        "));
    CHECK_THAT(top.read_line().value_or(""), StartsWith("jobs/b  1        "));
    CHECK(top.read_line() == "");
  }
  CHECK_THAT(top.output(), !Contains("\x1b") && Contains("\"since \\x1b[2J Monday\""));
  daemon.process().kill();
  while (const auto line = top.read_line()) {
    if (line->starts_with("pawl: ")) break;
  }
  CHECK_THAT(top.output(), Contains(": trying again\n"));
  top.terminate();
  CHECK(top.wait() == -SIGTERM);
}

TEST_CASE("pawl top --once prints one block and ends; the exit code says whether it could") {
  Daemon daemon;
  const Crowd crowd(daemon.port());
  const Words server{server_at(daemon.port())};
  const Outcome text = pawl_with({"top", "--once"}, server);
  CHECK(text.code == 0);
  CHECK(std::count(text.output.begin(), text.output.end(), '\n') == 5);
  CHECK_THAT(pawl_data({"top", "jobs/b", "--once"}, server).output, !Contains("jobs/a"));
  CHECK_THAT(pawl_data({"top", "--once", "--limit", "1"}, server).output, !Contains("jobs/b"));

  const auto json =
      nlohmann::json::parse(pawl_data({"top", "--once", "-o", "json"}, server).output);
  CHECK(json["locks"][0]["name"] == "jobs/a");
  CHECK(json["locks"][0]["holder"]["client"] == "worker 7");
  CHECK(json["locks"][0]["first_waiter"]["position"] == 1);
  CHECK(json["status"]["role"] == "primary");

  DeafPort port;
  CHECK(pawl_with({"top", "--once"}, {server_at(port.port())}).code == 69);
  CHECK(pawl_with({"top", "--interval", "1ms"}, server).code == 64);
  CHECK(pawl_with({"top", "--limit", "0"}, server).code == 64);
}

TEST_CASE("a server that knows no order by waiters is quoted") {
  FakeServer server;
  Process top({PAWL_PROGRAM, "top", "--once"}, {server_at(server.port())});
  server.accept();
  CHECK(server.read_line() == "STATUS");
  CHECK(server.read_line() == "LIST by=waiters limit=20");
  server.send("OK {\"node\":\"n1\"}\nERR BAD_REQUEST msg=\"unknown option 'by'\"\n");
  CHECK(top.wait() == 1);
  CHECK_THAT(top.output(), Contains("unknown option 'by'"));
}

TEST_CASE("pawl status --watch shows the nodes again and again; the last look is its exit code") {
  Daemon daemon;
  Desk desk(daemon.port());
  desk.start("status --watch --interval 100ms");
  desk.see(alternate_screen);
  desk.see("NODE  ROLE ");
  desk.type("q");
  desk.check_ended("0");

  desk.start("status --watch --interval 100ms");
  desk.see("NODE  ROLE ");
  daemon.process().kill();
  desk.see(" old, trying again: ");
  desk.see("q quit");
  desk.type("q");
  desk.check_ended("69");
}

TEST_CASE("pawl status --watch prints on, where there is no terminal") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  Process text({PAWL_PROGRAM, "status", "--watch", "--interval", "100ms"}, server);
  Process json({PAWL_PROGRAM, "status", "--watch", "--interval", "100ms", "-o", "json"}, server);
  for (int times = 0; times < 2; ++times) {
    while (!text.read_line().value_or("NODE").starts_with("NODE")) {
    }
    CHECK(nlohmann::json::parse(json.read_line().value_or(""))["node"] == "n1");
  }
  DeafPort port;
  CHECK(pawl_with({"status", "--watch"}, {server_at(port.port())}).code == 69);
  CHECK(pawl_with({"status", "--interval", "1s"}, server).code == 64);
}

}  // namespace pawl::testing

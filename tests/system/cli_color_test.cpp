// SPDX-License-Identifier: Apache-2.0
//
// Colour: for terminals only, unless somebody says otherwise.
#include <catch2/catch.hpp>

#include "run/terminal.hpp"
#include "system/line_client.hpp"
#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;

namespace pawl::testing {
namespace {

const std::string red = "\x1b[1;31m";
const std::string green = "\x1b[32m";

}  // namespace

TEST_CASE("what is piped has no colour, but where it is asked for") {
  Daemon daemon;
  const Words server{server_at(daemon.port())};
  LineClient client(daemon.port());
  client.send("LOCK jobs/a");
  REQUIRE(client.read_line() == "OK token=1 ttl=30000");
  const std::string command = GENERATE("why", "show");
  CHECK_THAT(pawl_with({command, "jobs/a"}, server).output, !Contains("\x1b"));
  CHECK_THAT(pawl_with({"--color", "always", command, "jobs/a"}, server).output,
             Contains(green + "held\x1b[0m"));
  CHECK_THAT(pawl_with({"--color", "always", "-o", "json", command, "jobs/a"}, server).output,
             !Contains("\x1b"));
  CHECK(pawl_with({"--color", "blue", command, "jobs/a"}, server).code == 64);
}

TEST_CASE("an error stands out on a terminal, unless NO_COLOR or TERM=dumb speaks against it") {
  DeafPort port;
  const std::string ping = std::string(PAWL_PROGRAM) + " -s " + port.server();
  Terminal terminal({"TERM=xterm", "NO_COLOR="});
  terminal.type(ping + " ping; echo\n");
  terminal.see(red + "pawl:\x1b[0m cannot reach");
  for (const std::string& plain : {"NO_COLOR=1 " + ping + " ping", "TERM=dumb " + ping + " ping",
                                   ping + " --color never ping"}) {
    terminal.type(plain + "; echo end\"\"ed\n");
    CHECK_THAT(terminal.see("ended"), Contains("pawl: cannot reach") && !Contains(red));
  }
}

}  // namespace pawl::testing

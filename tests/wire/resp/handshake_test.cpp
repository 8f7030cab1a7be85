// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/handshake.hpp"

#include <catch2/catch.hpp>

#include "support_talk.hpp"

namespace pawl::wire::resp {

TEST_CASE("what clients ask when they connect is answered") {
  Talk talk;
  CHECK(talk.ask({"PING"}) == "+PONG\r\n");
  CHECK(talk.ask({"ping", "x"}) == "$1\r\nx\r\n");
  CHECK(talk.ask({"ECHO", "hi"}) == "$2\r\nhi\r\n");
  CHECK(talk.ask({"SELECT", "0"}) == "+OK\r\n");
  CHECK_THAT(talk.ask({"SELECT", "16"}), Catch::StartsWith("-ERR DB index"));
  CHECK(talk.ask({"client", "SETINFO", "LIB-NAME", "x"}) == "+OK\r\n");
  CHECK(talk.ask({"CLIENT", "SETNAME", "w1"}) == "+OK\r\n");
  CHECK(talk.ask({"CLIENT", "GETNAME"}) == "$2\r\nw1\r\n");
  CHECK(talk.ask({"COMMAND", "DOCS"}) == "*0\r\n");
  CHECK(talk.ask({"CONFIG", "GET", "save"}) == "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
  CHECK_THAT(talk.ask({"CLIENT", "MAINT_NOTIFICATIONS", "ON"}), Catch::StartsWith("-ERR"));
  CHECK_THAT(talk.ask({"AUTH", "secret"}), Catch::StartsWith("-ERR AUTH is not"));
}

TEST_CASE("HELLO chooses the version for all that follows") {
  Talk talk;
  talk.asks<request::Hello>({"HELLO", "3", "SETNAME", "w1"});
  CHECK(talk.hears(reply::Hello{"n1", Role::primary, Epoch{1}}) ==
        "%6\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.0\r\n$5\r\nproto\r\n:3\r\n"
        "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
  CHECK(talk.speaker.name == "w1");
  CHECK(talk.ask({"CONFIG", "GET", "x"}) == "%0\r\n");
  talk.ask({"HELLO", "2"});
  CHECK_THAT(talk.hears(reply::Hello{}), Catch::StartsWith("*12\r\n"));
}

TEST_CASE("a HELLO that is refused changes nothing") {
  Talk talk;
  CHECK_THAT(talk.ask({"HELLO", "4"}), Catch::StartsWith("-NOPROTO "));
  CHECK_THAT(talk.ask({"HELLO", "3", "AUTH", "u", "p"}), Catch::StartsWith("-ERR AUTH"));
  CHECK(talk.speaker.version == Version::two);
}

TEST_CASE("a HELLO with a password is told what to change") {
  Talk talk;
  CHECK_THAT(talk.ask({"HELLO", "3", "AUTH", "u", "p"}), Catch::Contains("remove the password"));
}

TEST_CASE("within MULTI nothing is carried out, to its end") {
  Talk talk;
  CHECK(talk.ask({"MULTI"}) == "+OK\r\n");
  CHECK_THAT(talk.ask({"SET", "a", "me", "NX"}), Catch::StartsWith("-ERR MULTI"));
  CHECK_THAT(talk.ask({"UNLOCK", "a", "TOKEN", "1"}), Catch::StartsWith("-ERR MULTI"));
  CHECK_THAT(talk.ask({"HELLO", "3"}), Catch::StartsWith("-ERR MULTI"));
  CHECK_THAT(talk.ask({"MULTI"}), Catch::StartsWith("-ERR MULTI"));
  SECTION("EXEC") { CHECK_THAT(talk.ask({"exec"}), Catch::StartsWith("-EXECABORT ")); }
  SECTION("DISCARD") { CHECK(talk.ask({"DISCARD"}) == "+OK\r\n"); }
  SECTION("RESET") { CHECK(talk.ask({"RESET"}) == "+RESET\r\n"); }
  CHECK(talk.ask({"PING"}) == "+PONG\r\n");
  CHECK(talk.ask({"EXEC"}) == "-ERR EXEC without MULTI\r\n");
  CHECK(talk.ask({"DISCARD"}) == "-ERR DISCARD without MULTI\r\n");
}

}  // namespace pawl::wire::resp

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
}

TEST_CASE("AUTH is of a user, or of Redis' default one") {
  Talk talk;
  CHECK(talk.asks<request::Auth>({"AUTH", "s3cret"}).user == "default");
  CHECK(talk.next<request::Auth>().secret == "s3cret");
  CHECK(talk.hears(reply::Authenticated{"default"}) == "+OK\r\n");
  CHECK(talk.asks<request::Auth>({"auth", "ci", "s3cret"}).user == "ci");
  const reply::Error wrong{.code = ErrorCode::unauthenticated, .message = "no such user"};
  CHECK_THAT(talk.hears(wrong), Catch::StartsWith("-WRONGPASS "));
  talk.asks<request::Auth>({"AUTH", "s3cret"});
  const reply::Error unused{.code = ErrorCode::bad_request, .message = "leave AUTH out"};
  CHECK(talk.hears(unused) == "-ERR leave AUTH out\r\n");
  CHECK_THAT(talk.ask({"AUTH"}), Catch::StartsWith("-ERR wrong number"));
}

TEST_CASE("who has not said who it is hears it as from Redis") {
  Talk talk;
  talk.asks<request::Show>({"GET", "a"});
  const reply::Error unknown{.code = ErrorCode::unauthenticated, .message = "AUTH first"};
  CHECK(talk.hears(unknown) == "-NOAUTH AUTH first\r\n");
  talk.asks<request::Show>({"GET", "a"});
  const reply::Error denied{.code = ErrorCode::forbidden, .message = "not here"};
  CHECK(talk.hears(denied) == "-NOPERM not here\r\n");
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
  CHECK_THAT(talk.ask({"HELLO", "3", "AUTH", "u"}), Catch::StartsWith("-ERR syntax"));
  CHECK(talk.speaker.version == Version::two);
}

TEST_CASE("a HELLO with a password is answered once it is known who asks") {
  Talk talk;
  CHECK(talk.asks<request::Auth>({"HELLO", "3", "AUTH", "ci", "p", "SETNAME", "w1"}).user == "ci");
  CHECK(talk.exchange->may_go_on());
  CHECK(talk.hears(reply::Authenticated{"ci"}).empty());
  talk.next<request::Hello>();
  CHECK_THAT(talk.hears(reply::Hello{}), Catch::StartsWith("%6"));
  CHECK(talk.speaker.name == "w1");

  talk.asks<request::Auth>({"HELLO", "3", "AUTH", "ci", "wrong"});
  CHECK_THAT(talk.hears(reply::Error{.code = ErrorCode::unauthenticated}),
             Catch::StartsWith("-WRONGPASS "));
  CHECK(talk.exchange->request() == nullptr);
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

// SPDX-License-Identifier: Apache-2.0
#include "cli/bench/answer.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace pawl::cli::bench {

using Kind = Answer::Kind;

TEST_CASE("each success is told apart") {
  CHECK(read_answer("OK").kind == Kind::done);
  CHECK(read_answer("OK\r").kind == Kind::done);
  CHECK(read_answer("OK ttl=30000").kind == Kind::lasting);
  CHECK(read_answer("OK session=ab handle=s1 ttl=10000 new=yes").text ==
        "session=ab handle=s1 ttl=10000 new=yes");
  const Answer granted = read_answer("OK token=9007199254740991 ttl=1");
  CHECK(granted.kind == Kind::granted);
  CHECK(granted.token == 9'007'199'254'740'991);
}

TEST_CASE("what a newer server adds changes nothing") {
  CHECK(read_answer("OK token=7 ttl=1 colour=red").kind == Kind::granted);
  CHECK(read_answer("OK ttl=1 expired=2").kind == Kind::lasting);
  CHECK(read_answer("ERR BUSY waiters=2 msg=\"no\"").text == "BUSY");
}

TEST_CASE("an OK without a token and a lease that are ones is no grant") {
  const std::string line = GENERATE(
      "OK token=0 ttl=1", "OK token=9007199254740992 ttl=1", "OK token=7", "OK token=7 ttl=0",
      "OK token= ttl=1", "OK token=7x ttl=1", "OK token=7 ttl=1x", "OK token=-7 ttl=1",
      "OK token=99999999999999999999 ttl=1", "OK token=7 colour=red", "OK ttl=0");
  const Answer answer = read_answer(line);
  CHECK(answer.kind == Kind::told);
  CHECK(error_of(answer) == "unverified");
}

TEST_CASE("what is no reply is garbled") {
  const std::string line =
      GENERATE("", "OKAY", "ERR", "ERR ", "EVENT LOST name=a", "HTTP/1.1 200 OK");
  CHECK(read_answer(line).kind == Kind::garbled);
  CHECK(error_of(read_answer(line)) == "garbled");
}

TEST_CASE("an error is counted under the code of the server") {
  CHECK(error_of(read_answer("ERR NOT_HELD")) == "NOT_HELD");
  CHECK(error_of(read_answer("ERR NEW_CODE limit=x")) == "NEW_CODE");
}

}  // namespace pawl::cli::bench

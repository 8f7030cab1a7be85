// SPDX-License-Identifier: Apache-2.0
#include "wire/resp/command.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace pawl::wire::resp {
namespace {

using Words = std::vector<std::string_view>;

Taken take(std::string_view bytes) {
  Words words;
  return take_command(bytes, words);
}

}  // namespace

TEST_CASE("a command is an array of bulk strings, of any bytes") {
  Words words;
  const std::string_view bytes("*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\n\0\r\nrest", 33);
  const Taken taken = take_command(bytes, words);
  CHECK(taken.progress == Progress::whole);
  CHECK(bytes.substr(taken.size) == "rest");
  CHECK(words == Words{"SET", "", std::string_view("a\r\n\0", 4)});
}

TEST_CASE("an empty array asks nothing") {
  Words words{"old"};
  CHECK(take_command("*0\r\n", words).size == 4);
  CHECK(words.empty());
}

TEST_CASE("every beginning of a command waits for more") {
  const std::string_view whole = "*2\r\n$4\r\nECHO\r\n$12\r\nhello world!\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(take(whole.substr(0, size)).progress == Progress::partial);
  }
  CHECK(take(whole).progress == Progress::whole);
}

TEST_CASE("what is no command is told at once") {
  const auto bytes = GENERATE(as<std::string_view>{}, "PING\r\n", "*\r\n", "*1\n", "*-1\r\n",
                              "*x\r\n", "*1\r\nPING\r\n", "*1\r\n$-1\r\n", "*1\r\n$1\r\nab\r\n",
                              "*1025\r\n", "*00000000000001", "*1\r\n$00000000000001\r\nx\r\n",
                              "*99999999999999999999\r\n", "*1\r\n$1048577\r\n");
  CAPTURE(bytes);
  const Taken taken = take(bytes);
  CHECK(taken.progress == Progress::broken);
  CHECK_FALSE(taken.problem.empty());
}

}  // namespace pawl::wire::resp

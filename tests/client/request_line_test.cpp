// SPDX-License-Identifier: Apache-2.0
#include "client/request_line.hpp"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "wire/request.hpp"

namespace pawl::client {
namespace {

TEST_CASE("a request line has its tag in front, then verb, words and options") {
  const std::string text = RequestLine("LOCK")
                               .word("jobs/nightly")
                               .option("ttl", Milliseconds{30'000})
                               .option("token", std::uint64_t{42})
                               .option("id", "a-1")
                               .tag("t7")
                               .text();
  CHECK(text == "#t7 LOCK jobs/nightly ttl=30000 token=42 id=a-1");
}

TEST_CASE("a mode is said unless it is exclusive") {
  CHECK(RequestLine("LOCK").word("a").mode(Mode::exclusive, 0).text() == "LOCK a");
  CHECK(RequestLine("LOCK").word("a").mode(Mode::shared, 0).text() == "LOCK a mode=shared");
  CHECK(RequestLine("LOCK").word("a").mode(Mode::slot, 3).text() == "LOCK a mode=slot slots=3");
}

TEST_CASE("a value is quoted only if it must be") {
  const auto note = [](std::string_view value) {
    return RequestLine("LOCK").option("note", value).text();
  };
  CHECK(note("plain=é,\\") == "LOCK note=plain=é,\\");
  CHECK(note("two words") == "LOCK note=\"two words\"");
  CHECK(note("") == "LOCK note=\"\"");
  CHECK(note("a\"b") == "LOCK note=\"a\\\"b\"");
  CHECK(note("a\nUNLOCK") == "LOCK note=\"a\\nUNLOCK\"");
  CHECK(note("a\r") == "LOCK note=\"a\\x0d\"");
}

TEST_CASE("whatever note a LOCK carries, the server reads the same") {
  constexpr std::uint64_t seed = 7295;
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"\"", "\\", "\n",   "\r",       "\t",   " ",  "a",
                                           "=",  ",",  "\x01", "\x7F",     "é",    "鎖", "🔒",
                                           "#",  "{",  "x41",  "\xC2\x85", "ttl=1"};
  wire::RequestParser parser;
  for (int round = 0; round < 5'000; ++round) {
    std::string note;
    for (std::size_t n = random() % 24; n > 0; --n) note += pieces[random() % pieces.size()];
    const Milliseconds ttl{static_cast<Milliseconds::rep>(1 + random() % 86'400'000)};
    const std::string name = "jobs/é" + std::to_string(random() % 100);
    const std::string text = RequestLine("LOCK")
                                 .word(name)
                                 .option("note", note)
                                 .option("ttl", ttl)
                                 .option("id", "x:1")
                                 .tag("t1")
                                 .text();
    INFO("seed " << seed << ": " << text);
    REQUIRE(text.find('\n') == text.npos);
    const wire::Line line = parser.parse(text);
    REQUIRE(line.tag == "t1");
    const auto* lock = std::get_if<request::Lock>(&line.request);
    REQUIRE(lock != nullptr);
    REQUIRE(lock->names.size() == 1);
    REQUIRE(lock->names.front() == name);
    REQUIRE(lock->note == note);
    REQUIRE(lock->ttl == ttl);
    REQUIRE(lock->id == "x:1");
  }
}

TEST_CASE("a token and its name read back from UNLOCK, RENEW and VERIFY") {
  wire::RequestParser parser;
  const auto line_of = [](std::string_view verb) {
    return RequestLine(verb).word("a").option("token", last_token.value).text();
  };
  const std::string unlock = line_of("UNLOCK");
  CHECK(std::get<request::Unlock>(parser.parse(unlock).request).token == last_token);
  const std::string renew = line_of("RENEW");
  CHECK(std::get<request::Renew>(parser.parse(renew).request).token == last_token);
  const std::string verify = line_of("VERIFY");
  CHECK(std::get<request::Verify>(parser.parse(verify).request).token == last_token);
}

}  // namespace
}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
//
// The line protocol's own requests, as arrays of words.
#include <catch2/catch.hpp>
#include <vector>

#include "support_talk.hpp"

namespace pawl::wire::resp {

TEST_CASE("pawl's own words come as arrays, their options as one word or as two") {
  Talk talk;
  const auto& lock =
      talk.asks<request::Lock>({"lock", "a", "b", "PX", "30000", "WAIT", "5000", "note=two words"});
  CHECK(lock.names.size() == 2);
  CHECK(lock.ttl == Milliseconds{30'000});
  CHECK(lock.wait == Milliseconds{5'000});
  CHECK(lock.note == "two words");
  CHECK(talk.hears(reply::Granted{Token{9}, Milliseconds{30'000}}) == "*2\r\n:9\r\n:30000\r\n");
  CHECK(talk.asks<request::Lock>({"LOCK", "a", "OWNER", "me"}).note == "owner=me");
  CHECK(talk.asks<request::Lock>({"LOCK", "a", "SHARED"}).mode == Mode::shared);
  CHECK(talk.asks<request::Lock>({"LOCK", "a", "SLOTS", "5"}).slots == 5);
  CHECK(talk.asks<request::Unlock>({"UNLOCK", "a", "TOKEN", "9"}).token == Token{9});
}

TEST_CASE("an option of two words may be the first where no name is due") {
  Talk talk;
  const auto written = GENERATE(std::vector<std::string_view>{"OPEN", "TTL", "10s"},
                                std::vector<std::string_view>{"OPEN", "ttl=10s"},
                                std::vector<std::string_view>{"open", "PX", "10000"});
  CHECK(talk.asks<request::Open>(written).ttl == Milliseconds{10'000});
  CHECK(talk.asks<request::List>({"LIST", "PREFIX", "k"}).prefix == "k");
  CHECK(talk.asks<request::Sessions>({"SESSIONS", "LIMIT", "7"}).limit == 7);
  CHECK(talk.asks<request::Lock>({"LOCK", "TTL", "10s"}).names.size() == 2);
}

TEST_CASE("PX and EX of a LOCK are numbers, as in Redis") {
  Talk talk;
  CHECK(talk.asks<request::Lock>({"LOCK", "a", "EX", "30"}).ttl == Milliseconds{30'000});
  for (const std::string_view option : {"PX", "EX"}) {
    for (const std::string_view value : {"100m", "-", "", "1 wait=5"}) {
      CHECK_THAT(talk.ask({"LOCK", "a", option, value}),
                 Catch::StartsWith("-ERR value is not an integer"));
    }
    for (const std::string_view value : {"-1", "99999999999999999999"}) {
      CHECK(talk.asks<request::Lock>({"LOCK", "a", option, value}).ttl == ttl_of_no_length);
    }
  }
}

TEST_CASE("a word of a lock's name cannot smuggle in an option or a line") {
  Talk talk;
  CHECK_THAT(talk.ask({"LOCK", "a b"}), Catch::StartsWith("-ERR a word here"));
  CHECK_THAT(talk.ask({"LOCK", "a\nUNLOCK"}), Catch::StartsWith("-ERR a word here"));
  CHECK(talk.asks<request::Lock>({"LOCK", "a", "note=x\" ttl=1"}).note == "x\" ttl=1");
}

}  // namespace pawl::wire::resp

// SPDX-License-Identifier: Apache-2.0
#include "client/requests.hpp"

#include <catch2/catch.hpp>

namespace pawl::client {
namespace {

TEST_CASE("a reply meets its request by its tag, once") {
  Requests requests;
  std::vector<std::string> lines;
  requests.ask({Verb::lock, 7, 1, Moment{}}, RequestLine("LOCK").word("a"), lines);
  requests.ask({Verb::cancel, 8, 2, Moment{}}, RequestLine("CANCEL").word("a"), lines);
  CHECK(lines == std::vector<std::string>{"#t1 LOCK a", "#t2 CANCEL a"});
  const auto asked = requests.take("t2");
  REQUIRE(asked);
  CHECK(asked->verb == Verb::cancel);
  CHECK(asked->hold == 8);
  CHECK_FALSE(requests.take("t2"));
  CHECK_FALSE(requests.take(""));
  CHECK(requests.take("t1"));
}

TEST_CASE("what an earlier connection was asked is not answered by the next one's replies") {
  Requests requests;
  std::vector<std::string> lines;
  requests.ask({}, RequestLine("KEEPALIVE"), lines);
  requests.clear();
  requests.ask({}, RequestLine("KEEPALIVE"), lines);
  CHECK_FALSE(requests.take("t1"));
  CHECK(requests.take_all().size() == 1);
  CHECK_FALSE(requests.take("t2"));
}

}  // namespace
}  // namespace pawl::client

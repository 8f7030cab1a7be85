// SPDX-License-Identifier: Apache-2.0
#include "client/route.hpp"

#include <catch2/catch.hpp>

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

const std::vector<ServerAddress> three{{"a", "1"}, {"b", "1"}, {"c", "1"}};

TEST_CASE("servers are tried in turn, with a pause after each round that grows to its longest") {
  Route route(three, 1);
  std::vector<Span> pauses;
  for (int i = 0; i < 12; ++i) {
    CHECK(route.server() == three[static_cast<std::size_t>(i) % 3]);
    route.begin();
    pauses.push_back(route.leave(false, "", 30ms));
  }
  for (const std::size_t between : {0U, 1U, 3U, 4U, 6U, 7U, 9U, 10U}) CHECK(pauses[between] == 0ms);
  CHECK((pauses[2] >= 5ms && pauses[2] <= 10ms));
  CHECK((pauses[5] >= 10ms && pauses[5] <= 20ms));
  CHECK((pauses[11] >= 15ms && pauses[11] <= 30ms));
}

TEST_CASE("who stood well is tried again at once, or left at once") {
  Route route(three, 1);
  for (int i = 0; i < 7; ++i) route.begin();
  route.stands();
  CHECK(route.round() == 0);
  CHECK(route.leave(true, "", 250ms) == 0ms);
  CHECK(route.server() == three[0]);
  CHECK(route.leave(false, "", 250ms) == 0ms);
  CHECK(route.server() == three[1]);
}

TEST_CASE("whom a server names is tried next; named in vain, the one that named it again") {
  Route route(three, 1);
  route.begin();
  route.leave(false, "10.0.0.9:7", 250ms);
  CHECK(route.server() == ServerAddress{"10.0.0.9", "7"});
  route.begin();
  route.leave(false, "", 250ms);
  CHECK(route.server() == three[0]);
  route.begin();
  route.leave(false, "no address!:", 250ms);
  CHECK(route.server() == three[1]);
}

TEST_CASE("why servers were not reached is told of each, and of none that was only named") {
  Route route({{"a", "1"}, {"::1", "2"}}, 1);
  route.begin();
  route.failed("Connection refused");
  route.leave(false, "10.0.0.9:7", 250ms);
  route.begin();
  route.failed("No route to host");
  CHECK(route.failures() == "a:1: Connection refused; [::1]:2: does not answer");
}

TEST_CASE("two that name each other are not asked without a pause") {
  Route route(three, 1);
  Span paused{0};
  for (int i = 0; i < 6; ++i) {
    route.begin();
    paused += route.leave(false, "10.0.0.9:7", 250ms);
  }
  CHECK(paused >= 15ms);
}

TEST_CASE("an attempt is given longer in each round, up to what it is told") {
  Route route(three, 1);
  CHECK(route.attempt_length(5s) == 250ms);
  for (int i = 0; i < 6; ++i) {
    route.begin();
    route.leave(false, "", 1ms);
  }
  CHECK(route.attempt_length(5s) == 1s);
  CHECK(route.attempt_length(300ms) == 300ms);
  for (int i = 0; i < 600; ++i) route.begin();
  CHECK(route.attempt_length(5s) == 5s);
}

}  // namespace
}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
#include "client/asking/connection.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

#include "client/hanging_resolver.hpp"

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

const ServerAddress named{"db.test", "7295"};

TEST_CASE("a lookup that hangs does not outlast the patience with a server") {
  const HangingResolver names;
  const auto start = std::chrono::steady_clock::now();
  {
    Loop loop;
    const bool catches = GENERATE(true, false);
    if (catches) loop.catch_signals();
    CHECK_THROWS_AS(Connection(loop, named, {}, 50ms, names.resolve()), NoAnswer);
  }
  const auto taken = std::chrono::steady_clock::now() - start;
  CHECK(taken >= 50ms);
  CHECK(taken < 15s);
}

TEST_CASE("a signal ends the wait for a lookup that hangs") {
  const HangingResolver names;
  const auto start = std::chrono::steady_clock::now();
  {
    Loop loop;
    loop.catch_signals();
    raise(SIGTERM);
    CHECK_THROWS_AS(Connection(loop, named, {}, 1h, names.resolve()), NoAnswer);
    CHECK(loop.signal() == SIGTERM);
  }
  CHECK(std::chrono::steady_clock::now() - start < 15s);
}

TEST_CASE("a name that stands for nothing is no answer, and says so") {
  Loop loop;
  const auto resolve = [](const ServerAddress&, boost::system::error_code& error) {
    error = boost::asio::error::host_not_found;
    return Endpoints{};
  };
  CHECK_THROWS_WITH(Connection(loop, named, {}, 20s, resolve), Catch::Contains("not found"));
}

}  // namespace
}  // namespace pawl::client

// SPDX-License-Identifier: Apache-2.0
//
// What a kill costs with each durability: with fsync nothing, with the others perhaps locks, which
// a grace makes good, and never the order of tokens.
#include <catch2/catch.hpp>
#include <chrono>

#include "disk/data_directory.hpp"

using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

Words with(const std::string& durability, const std::string& grace) {
  return {"--set", "durability=" + durability, "--set", "leases.restart_grace=" + grace};
}

std::uint64_t grant(LineClient& client, const std::string& name) {
  return number_of(ask(client, "LOCK " + name + " ttl=1h"), "token");
}

}  // namespace

TEST_CASE("tokens never fall over kill -9, whatever the durability") {
  const std::string durability = GENERATE("fsync", "relaxed", "none");
  CAPTURE(durability);
  const DataDirectory data;
  std::uint64_t last = 0;
  for (int start = 0; start < 3; ++start) {
    const auto daemon = data.start(with(durability, "0"));
    LineClient client(daemon->port());
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t token = grant(client, std::to_string(start) + '/' + std::to_string(i));
      CHECK(token > last);
      last = token;
    }
    daemon->process().kill();
  }
}

TEST_CASE("with fsync a killed pawld goes on at once and knows every lock") {
  const DataDirectory data;
  {
    const auto daemon = data.start();
    LineClient client(daemon->port());
    REQUIRE(grant(client, "a") == 1);
    daemon->process().kill();
  }

  const auto daemon = data.start();

  LineClient client(daemon->port());
  CHECK(ask(client, "VERIFY a token=1").starts_with("OK ttl="));
  CHECK(ask(client, "LOCK b").starts_with("OK token="));
}

TEST_CASE("after a start that may have forgotten a lock new grants wait for the longest TTL") {
  const std::string durability = GENERATE("relaxed", "none");
  CAPTURE(durability);
  const DataDirectory data;
  {
    const auto daemon = data.start(with(durability, "auto"));
    LineClient client(daemon->port());
    CHECK(grant(client, "a") == 1);  // a new directory has forgotten nothing
    daemon->process().kill();
  }
  {
    const auto daemon = data.start(with(durability, "auto"));
    LineClient client(daemon->port());
    const std::string reply = ask(client, "LOCK b");
    CHECK(reply.starts_with("ERR BUSY "));
    CHECK(number_of(reply, "delay") > 3'500'000);
    CHECK(number_of(reply, "delay") <= 3'600'000);
    daemon->process().terminate();
    CHECK(daemon->process().wait() == 0);
  }

  // An orderly end does not end the grace.
  const auto daemon = data.start(with(durability, "auto"));
  LineClient client(daemon->port());
  CHECK(number_of(ask(client, "LOCK b"), "delay") > 3'500'000);
}

TEST_CASE("a wait begun during the grace is granted when it is over") {
  const std::string durability = GENERATE("relaxed", "none");
  CAPTURE(durability);
  const DataDirectory data;
  {
    const auto daemon = data.start(with(durability, "400ms"));
    LineClient client(daemon->port());
    REQUIRE(grant(client, "a") == 1);
    daemon->process().kill();
  }
  const auto before = std::chrono::steady_clock::now();

  const auto daemon = data.start(with(durability, "400ms"));

  LineClient client(daemon->port());
  CHECK(ask(client, "LOCK b wait=10s").starts_with("OK token="));
  CHECK(std::chrono::steady_clock::now() - before >= 400ms);
}

TEST_CASE("relaxed forgets nothing in an orderly end, and grants at once after it") {
  const DataDirectory data;
  {
    const auto daemon = data.start(with("relaxed", "auto"));
    LineClient client(daemon->port());
    REQUIRE(grant(client, "a") == 1);
    daemon->process().terminate();
    CHECK(daemon->process().wait() == 0);
  }

  const auto daemon = data.start(with("relaxed", "auto"));

  LineClient client(daemon->port());
  CHECK(ask(client, "VERIFY a token=1").starts_with("OK ttl="));
  CHECK(ask(client, "LOCK b").starts_with("OK token="));
}

// SPDX-License-Identifier: Apache-2.0
//
// A whole server, its sockets and its disk, and many who talk to it at random, for some seconds.
// PAWL_SEED=N replays the choices of one run, though not their times; PAWL_SECONDS=N runs longer.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "client/reply_line.hpp"
#include "server/running_server.hpp"
#include "stranger.hpp"

namespace pawl::fuzz {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using test::LineClient;
using test::RunningServer;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

Limits limits_of(std::uint64_t seed) {
  Limits limits;
  limits.half_line = 2s;
  limits.unread_output_for = 1s;
  if (seed % 2 == 0) return limits;
  limits.connections = 40;
  limits.line = 1'024;
  limits.unread_output = 65'536;
  limits.pipelined = 4;
  limits.sessions = 3;
  limits.locks = 2;
  limits.waiters_per_lock = 3;
  limits.watches = 2;
  return limits;
}

// Whoever behaves is served, whatever the others do: at most the limit of locks stands against it.
class GoodClient {
 public:
  explicit GoodClient(const RunningServer& server) : client_(server.connect()) {}

  void take_and_give_back() {
    const std::string reply = client_.ask("LOCK good ttl=60s");
    if (reply.starts_with("ERR LIMIT ")) return;
    const auto granted = client::parse_reply_line(reply);
    INFO(reply);
    REQUIRE((granted && granted->number("token")));
    REQUIRE(*granted->number("token") > last_token_);
    last_token_ = *granted->number("token");
    REQUIRE(client_.ask("UNLOCK good token=" + std::to_string(last_token_)) == "OK");
  }

  // Of what nobody will release any more.
  void break_all() {
    for (const char* const name : {"a", "b", "jobs/c"}) {
      const std::string shown = client_.ask(std::string("SHOW ") + name);
      for (std::size_t at = 0; (at = shown.find("\"token\":", at)) != shown.npos;) {
        at += 8;
        const std::string token = shown.substr(at, shown.find_first_of(",}", at) - at);
        const std::string reply =
            client_.ask(std::string("BREAK ") + name + " token=" + token + " reason=over");
        INFO(reply);
        REQUIRE((reply == "OK" || reply.starts_with("ERR NOT_HELD")));
      }
    }
  }

  [[nodiscard]] std::string status() { return client_.ask("STATUS"); }

 private:
  LineClient client_;
  std::uint64_t last_token_ = 0;
};

bool is_empty(const std::string& status) {
  for (const char* const part :
       {"\"locks\":0", "\"sessions\":0", "\"waiters\":0", "\"connections\":1"}) {
    if (status.find(std::string(part) + ",") == status.npos) return false;
  }
  return true;
}

void wait_until_empty(GoodClient& good) {
  std::string status;
  for (const auto end = Clock::now() + 90s; Clock::now() < end;) {
    good.break_all();
    status = good.status();
    if (is_empty(status)) return;
    std::this_thread::sleep_for(100ms);
  }
  FAIL("something is left: " << status);
}

TEST_CASE("whatever many clients say at once, a good one is served and nothing is left of them") {
  const std::uint64_t seed = number_from("PAWL_SEED", std::random_device{}());
  const std::chrono::seconds seconds{number_from("PAWL_SECONDS", 5)};
  std::cout << "conversations: PAWL_SEED=" << seed << std::endl;
  INFO("PAWL_SEED=" << seed);
  std::mt19937_64 random(seed);
  RunningServer server(limits_of(seed));
  GoodClient good(server);
  std::vector<Stranger> strangers;
  for (int i = 0; i < 60; ++i) strangers.emplace_back(server.port());

  for (const auto end = Clock::now() + seconds; Clock::now() < end;) {
    for (int i = 0; i < 500; ++i) strangers[random() % strangers.size()].act(random);
    good.take_and_give_back();
  }
  for (Stranger& stranger : strangers) stranger.close();
  wait_until_empty(good);

  std::uint64_t replies = 0;
  std::uint64_t connections = 0;
  for (const Stranger& stranger : strangers) {
    replies += stranger.replies();
    connections += stranger.connections();
  }
  std::cout << "conversations: " << connections << " connections, " << replies << " replies\n";
  CHECK(replies > 100);
}

}  // namespace
}  // namespace pawl::fuzz

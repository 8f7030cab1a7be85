// SPDX-License-Identifier: Apache-2.0
//
// A node that begins to serve on a machine that has been up for long: what it finds costs no more
// than on one that has just started.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "node/event.hpp"
#include "node/node.hpp"
#include "node/recovered.hpp"

namespace pawl::node {
namespace {

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
constexpr int held = 200'000;
#else
constexpr int held = 20'000;
#endif
constexpr double patience_ms = 500;

std::string lock(std::string_view name, std::string_view id) {
  locks::record::Lock record;
  record.user = "someone";
  record.address = "127.0.0.1";
  const std::string_view names[] = {name};
  record.names = names;
  record.ttl_ms = 30'000;
  record.wait = !id.empty();
  record.id = id;
  std::string bytes;
  locks::encode_record(bytes, locks::Record{record});
  return bytes;
}

// The longest of its first steps, in milliseconds.
double longest_step(Span uptime, bool somebody_waits) {
  Recovery recovery(0);
  std::uint64_t index = 0;
  for (int i = 0; i < held; ++i) {
    const std::string name = "n" + std::to_string(i);
    REQUIRE(recovery.replay(LogIndex{++index}, Epoch{1}, lock(name, {})));
  }
  if (somebody_waits) REQUIRE(recovery.replay(LogIndex{++index}, Epoch{1}, lock("n0", "w")));
  Recovered recovered = recovery.take();
  recovered.ceiling = last_token;
  recovered.longest_ttl = Milliseconds::max();
  Moment now{uptime};
  Node node{Settings{}, now, 0, std::move(recovered)};
  Actions out;
  double longest = 0;
  for (int turn = 0; turn < 2'000; ++turn) {
    out.clear();
    const auto start = std::chrono::steady_clock::now();
    node.step(now, Tick{}, out);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    longest = std::max(longest, took.count());
    if (node.next_deadline() > now) now += std::chrono::milliseconds{1};
  }
  return longest;
}

}  // namespace

TEST_CASE("what a start finds costs no more on a machine that has been up for a year") {
  const Span day = std::chrono::hours{24};
  CHECK(longest_step(day, true) < patience_ms);
  CHECK(longest_step(365 * day, false) < patience_ms);
  CHECK(longest_step(365 * day, true) < patience_ms);
}

}  // namespace pawl::node

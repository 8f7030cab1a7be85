// SPDX-License-Identifier: Apache-2.0
#include "server/commit_watch.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <numeric>

namespace pawl::server {

using namespace std::chrono_literals;

namespace {

std::uint64_t total(const CommitWatch& watch) {
  const auto& counts = watch.spans().counts();
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace

TEST_CASE("a turn's records are timed until the last of them is applied") {
  CommitWatch watch;
  const Moment begin{1h};
  watch.on_made(LogIndex{5}, begin);
  watch.on_applied(LogIndex{4}, begin + 1ms);
  CHECK(total(watch) == 0);
  watch.on_made(LogIndex{9}, begin + 2ms);  // one at a time
  watch.on_applied(LogIndex{5}, begin + 3ms);
  CHECK(total(watch) == 1);
  CHECK(watch.spans().sum() == 3ms);
  watch.on_applied(LogIndex{9}, begin + 4ms);
  CHECK(total(watch) == 1);
}

TEST_CASE("what may never be committed is not timed") {
  CommitWatch watch;
  const Moment begin{1h};
  watch.on_made(LogIndex{5}, begin);
  watch.forget();
  watch.on_applied(LogIndex{7}, begin + 1s);
  CHECK(total(watch) == 0);
}

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
#include "client/pace.hpp"

#include <catch2/catch.hpp>

namespace pawl::client {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a renewal that is not answered is waited for longer each time, up to a fifth of a TTL") {
  CHECK(renewal_patience(10s, 0) == 500ms);
  CHECK(renewal_patience(10s, 1) == 1s);
  CHECK(renewal_patience(10s, 100) == 1s);
  CHECK(renewal_patience(1s, 0) == 50ms);
  CHECK(renewal_patience(1s, 9) == 200ms);
}

TEST_CASE("three renewals fit into a TTL, with the patience for each") {
  for (const Milliseconds ttl : {1s, 2s, 10s, 30s, 60s}) {
    CHECK(3 * (renewal_after(ttl) + renewal_patience(ttl, 0)) < ttl - margin_of(ttl));
  }
}

}  // namespace
}  // namespace pawl::client

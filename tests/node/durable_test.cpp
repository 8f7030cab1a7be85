// SPDX-License-Identifier: Apache-2.0
//
// What outlives the process: a start goes on from what the disk had, and owes to those who remember
// what the disk does not.
#include <catch2/catch.hpp>

#include "node/core.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::StartsWith;

}  // namespace

TEST_CASE("a session's lock outlives a restart: its id finds it again") {
  Core core(with(Durability::fsync));
  core.ask("A", "OPEN id=mine");
  const Token token = token_of(core.ask("A", "LOCK x id=a"));

  core.restart();

  core.ask("A", "RESUME mine");
  CHECK(token_of(core.ask("A", "LOCK x id=a")) == token);
}

}  // namespace pawl::testing

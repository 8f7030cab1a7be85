// SPDX-License-Identifier: Apache-2.0
//
// Where users are configured: what a connection may take before it has said whose it is.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "limits/ask.hpp"
#include "system/process.hpp"

namespace pawl::testing {
namespace {

const std::string secret = "drawn-secret-of-a-test";
const std::string digest = "4118eae3e75614889e60b3e5cd474d9e4194bb9ed96febd5c71a89f6c113abad";

std::vector<std::string> with_a_user() {
  return {"--set", "durability=none",
          "--set", "security.roles=[{name: all, admin: ['']}]",
          "--set", "security.users=[{name: ci, secret_sha256: " + digest + ", roles: [all]}]"};
}

}  // namespace

TEST_CASE("a stranger's lines have 1 KiB, a user's 8 KiB") {
  const Daemon daemon(with_a_user());
  const std::string longer = "PING" + std::string(2'000, ' ');
  LineClient stranger(daemon.port());
  CHECK(ask(stranger, longer).starts_with("ERR TOO_LONG "));
  CHECK(stranger.is_closed());
  LineClient user(daemon.port());
  CHECK(ask(user, "AUTH ci " + secret) == "OK user=ci");
  CHECK(ask(user, longer) == "OK pong");
}

TEST_CASE("who does not say within ten seconds whose it is goes, and a user stays") {
  const Daemon daemon(with_a_user());
  LineClient user(daemon.port());
  CHECK(ask(user, "AUTH ci " + secret) == "OK user=ci");
  LineClient stranger(daemon.port());
  const auto began = std::chrono::steady_clock::now();
  CHECK(stranger.is_closed());
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took > std::chrono::seconds{9});
  CHECK(ask(user, "LOCK a") == "OK token=1 ttl=30000");
}

}  // namespace pawl::testing

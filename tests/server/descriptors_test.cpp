// SPDX-License-Identifier: Apache-2.0
#include "server/descriptors.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

using pawl::Limits;
using pawl::server::DescriptorUse;
using pawl::server::too_few_descriptors;
using pawl::server::within_descriptors;

namespace {

// Of this process, for as long as it lives.
class Allowed {
 public:
  explicit Allowed(rlim_t count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit limit{count, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  ~Allowed() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  Allowed(const Allowed&) = delete;
  Allowed& operator=(const Allowed&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("of the descriptors 64 are the disk's, 64 HTTP's and 64 those of strange peers") {
  const Allowed allowed(1'000);
  const Limits many;
  CHECK(within_descriptors(many, {}).connections == 936);
  CHECK(within_descriptors(many, {.http = true}).connections == 872);
  CHECK(within_descriptors(many, {.http = true, .peers = true}).connections == 808);
  CHECK(within_descriptors(many, {.http = true, .peers = true, .relays = true}).connections == 404);
  Limits few;
  few.connections = 100;
  CHECK(within_descriptors(few, {.http = true}).connections == 100);
}

TEST_CASE("pawld takes as many descriptors for clients as for itself, or does not start") {
  const Allowed allowed(256);
  CHECK_FALSE(too_few_descriptors({}));
  CHECK_FALSE(too_few_descriptors({.http = true}));
  const auto failure = too_few_descriptors({.http = true, .peers = true});
  REQUIRE(failure);
  CHECK(failure->exit_code == 78);
  CHECK(failure->why.find("only 256 file descriptors are allowed, at least 384 are needed") == 0);
}

TEST_CASE("taken away from a running pawld, descriptors leave clients none") {
  const Allowed allowed(60);
  CHECK(within_descriptors(Limits{}, {}).connections == 0);
}

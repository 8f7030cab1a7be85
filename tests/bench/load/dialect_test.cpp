// SPDX-License-Identifier: Apache-2.0
#include "load/dialect.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace pawl::bench;

std::string request(const Dialect& dialect, const Request& asked) {
  std::string bytes;
  dialect.append(bytes, asked);
  return bytes;
}

bool is_right(const Dialect& dialect, std::string_view bytes, const Request& asked) {
  const auto reply = dialect.read(bytes, asked);
  return reply && reply->right;
}

const Request acquire{Op::acquire, "a", 12'345'678};
const Request release{Op::release, "a", 42};
const Request renew{Op::renew, "a", 42};

}  // namespace

TEST_CASE("pawl's requests are lines, and its token is taken from the reply") {
  const auto pawl = dialect_named("pawl");

  CHECK(request(*pawl, acquire) == "LOCK a ttl=30s\n");
  CHECK(request(*pawl, {Op::await, "a"}) == "LOCK a ttl=30s wait=forever\n");
  CHECK(request(*pawl, {Op::acquire, "a", 0, std::chrono::milliseconds(1'500)}) ==
        "LOCK a ttl=1500ms\n");
  CHECK(request(*pawl, release) == "UNLOCK a token=42\n");
  CHECK(request(*pawl, renew) == "RENEW a token=42\n");
  const auto reply = pawl->read("OK token=77 ttl=30000\nOK\n", acquire);
  REQUIRE(reply);
  CHECK(reply->right);
  CHECK(reply->value == 77);
  CHECK(reply->length == 22);
}

TEST_CASE("locks are counted from a STATUS") {
  const auto pawl = dialect_named("pawl");
  const auto reply = pawl->read("OK {\"node\":\"n1\",\"locks\":12,\"sessions\":3}\n", {Op::count});

  REQUIRE(reply);
  CHECK(reply->right);
  CHECK(reply->value == 12);
}

TEST_CASE("half a reply is none yet") {
  const std::string name = GENERATE("pawl", "redis", "memcached", "echo");

  CHECK_FALSE(dialect_named(name)->read("OK", release));
  CHECK_FALSE(dialect_named(name)->read("", release));
}

TEST_CASE("only the reply that was due is right") {
  const auto pawl = dialect_named("pawl");
  CHECK(is_right(*pawl, "OK\n", release));
  CHECK_FALSE(is_right(*pawl, "ERR NOT_HELD\n", release));
  CHECK_FALSE(is_right(*pawl, "OK token=1 ttl=30000\n", release));
  CHECK_FALSE(is_right(*pawl, "OK\n", acquire));
  CHECK_FALSE(is_right(*pawl, "ERR BUSY waiters=0 expires_in=1\n", acquire));
  CHECK_FALSE(is_right(*pawl, "ERR NOT_HELD\n", renew));

  const auto redis = dialect_named("redis");
  CHECK(is_right(*redis, "+OK\r\n", acquire));
  CHECK_FALSE(is_right(*redis, "$-1\r\n", acquire));
  CHECK(is_right(*redis, ":1\r\n", release));
  CHECK_FALSE(is_right(*redis, ":0\r\n", release));
  CHECK_FALSE(is_right(*redis, ":0\r\n", renew));

  const auto memcached = dialect_named("memcached");
  CHECK(is_right(*memcached, "STORED\r\n", acquire));
  CHECK_FALSE(is_right(*memcached, "NOT_STORED\r\n", acquire));
  CHECK(is_right(*memcached, "DELETED\r\n", release));
  CHECK_FALSE(is_right(*memcached, "NOT_FOUND\r\n", release));

  const auto echo = dialect_named("echo");
  CHECK(is_right(*echo, "UNLOCK a token=42\n", release));
  CHECK_FALSE(is_right(*echo, "UNLOCK a token=43\n", release));
}

TEST_CASE("redis and memcached are asked for the same lock in their words") {
  CHECK(request(*dialect_named("redis"), acquire) ==
        "*6\r\n$3\r\nSET\r\n$1\r\na\r\n$8\r\n12345678\r\n$2\r\nNX\r\n$2\r\nPX\r\n$5\r\n30000\r\n");
  CHECK(request(*dialect_named("memcached"), acquire) == "add a 0 30 8\r\n12345678\r\n");
  CHECK(request(*dialect_named("memcached"), release) == "delete a\r\n");
}

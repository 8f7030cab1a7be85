// SPDX-License-Identifier: Apache-2.0
#include "cli/failure.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "pawl/error.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace pawl::cli {
namespace {

Failure failure(std::string_view line) {
  return failure_of(client::parse_reply_line(line).value());
}

}  // namespace

TEST_CASE("each kind of refusal has its exit code") {
  CHECK(failure("ERR BUSY waiters=2 expires_in=1234").code() == 75);
  CHECK(failure("ERR TIMEOUT").code() == 75);
  CHECK(failure("ERR NOT_HELD").code() == 76);
  CHECK(failure("ERR FORBIDDEN").code() == 77);
  CHECK(failure("ERR UNAUTHENTICATED").code() == 77);
  for (const char* other : {"BAD_REQUEST", "LIMIT", "NO_QUORUM", "NO_SESSION", "NOT_PRIMARY"}) {
    CHECK(failure(std::string("ERR ") + other).code() == 1);
  }
}

TEST_CASE("a refusal names the server's code, what it said, and what to do") {
  const std::string text = failure("ERR BUSY waiters=2 expires_in=1234").what();
  CHECK_THAT(text, StartsWith("BUSY (waiters=2 expires_in=1234): "));
  CHECK_THAT(text, Contains("pawl why"));
  CHECK(failure("ERR BAD_REQUEST msg=\"ttl= is 50ms to 24h\"").what() ==
        std::string("BAD_REQUEST (ttl= is 50ms to 24h)"));
}

TEST_CASE("who is not known is told how to say who it is, or that it takes TLS to say so") {
  const std::string unknown = "ERR UNAUTHENTICATED msg=\"AUTH user secret first\"";
  CHECK_THAT(failure(unknown).what(),
             Contains("pawl --user NAME --secret-file FILE, or PAWL_USER and PAWL_SECRET"));
  const std::string plain = "ERR UNAUTHENTICATED msg=\"this port speaks TLS only\"";
  CHECK(failure(plain).what() ==
        std::string("UNAUTHENTICATED (this port speaks TLS only): pawl --tls, or --ca FILE"));
  const client::Denied denied(client::parse_reply_line(unknown).value());
  CHECK(failure_of(denied).what() == std::string("UNAUTHENTICATED (AUTH user secret first): look "
                                                 "at --user and at the secret"));
  CHECK(failure_of(denied).code() == 77);
}

TEST_CASE("a code this pawl does not know is passed on") {
  CHECK(failure("ERR ON_STRIKE since=5").what() == std::string("ON_STRIKE (since=5)"));
}

TEST_CASE("what a server says cannot act on the terminal") {
  CHECK_THAT(failure("ERR BAD_REQUEST msg=\"a\\x1b[2J\"").what(), !Contains("\x1b"));
}

TEST_CASE("a deadlock is refused with its cycle") {
  const Failure refused = failure("ERR DEADLOCK cycle=\"s17 jobs/a → s21 jobs/b → s17\"");
  CHECK(refused.code() == 1);
  CHECK_THAT(refused.what(), StartsWith("DEADLOCK (cycle=s17 jobs/a → s21 jobs/b → s17): "));
  CHECK_THAT(refused.what(), Contains("give back"));
}

}  // namespace pawl::cli

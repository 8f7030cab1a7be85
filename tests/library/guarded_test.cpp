// SPDX-License-Identifier: Apache-2.0
//
// The library against a real pawld that wants to know who asks.
#include "cli/commands/guarded.hpp"

#include <boost/system/system_error.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "pawl/mutex.hpp"

namespace pawl::testing {
namespace {

using namespace std::chrono_literals;
using boost::system::system_error;

ClientOptions options_for(const Guarded& guarded, const std::string& secret) {
  return {.servers = guarded.server(), .timeout = 20s, .user = "ci", .secret = secret};
}

// With what code, and what words, a lock is refused.
system_error refusal_of(const ClientOptions& options, const std::string& name) {
  try {
    Connection connection(options);
    const Lease lease = connection.lock(name);
  } catch (const system_error& error) {
    return error;
  }
  FAIL("it was granted");
  throw 0;
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

}  // namespace

TEST_CASE("a mutex is locked by TLS, as a user") {
  const CertificateFiles files;
  const Guarded guarded(files.section());
  ClientOptions options = options_for(guarded, guarded.secret());
  options.tls = TlsOptions{.ca = files.ca()};
  Connection connection(options);
  Mutex mutex(connection, "jobs/a");
  {
    const std::lock_guard lock(mutex);
    CHECK(mutex.token().value > 0);
    CHECK(mutex.state() == LeaseState::held);
  }
  CHECK(mutex.try_lock());
  mutex.unlock();
}

TEST_CASE("a certificate says who the user is") {
  const CertificateFiles files;
  const Guarded guarded(files.section("  client_certificates: optional\n"));
  ClientOptions options{.servers = guarded.server()};
  options.tls = TlsOptions{
      .ca = files.ca(), .certificate = files.path("user-ci.pem"), .key = files.path("user-ci.key")};
  Connection connection(options);
  CHECK(connection.lock("jobs/a").token().value > 0);
  options.tls = TlsOptions{.ca = files.ca()};
  CHECK(refusal_of(options, "jobs/a").code() == ErrorCode::unauthenticated);
}

TEST_CASE("a wrong secret and a forbidden lock are refused, and say what they are") {
  const Guarded guarded;
  const system_error wrong = refusal_of(options_for(guarded, "wr0ng"), "jobs/a");
  CHECK(wrong.code() == ErrorCode::unauthenticated);
  CHECK_THAT(wrong.what(), Catch::Contains("no such user") && !Catch::Contains("wr0ng"));
  const system_error other = refusal_of(options_for(guarded, guarded.secret()), "other/a");
  CHECK(other.code() == ErrorCode::forbidden);
}

TEST_CASE("a lock outlives a change of its user's rights, and not the user") {
  Guarded guarded;
  Connection connection(options_for(guarded, guarded.secret()));
  const Lease lease = connection.lock("jobs/a");
  guarded.configure("ci", "[jobs/]");
  guarded.reload();
  // The server has closed; the next connection is the same user's.
  REQUIRE(eventually([&] {
    const auto other = connection.try_lock("jobs/b", {.wait = 0ms});
    return other.has_value();
  }));
  CHECK(eventually([&] { return lease.state() == LeaseState::held; }));
  CHECK_FALSE(lease.lost().stop_requested());

  guarded.configure("alice", "[jobs/]");
  guarded.reload();
  CHECK(eventually([&] { return lease.lost().stop_requested(); }));
  CHECK_THROWS_AS(connection.lock("jobs/b"), system_error);
}

}  // namespace pawl::testing

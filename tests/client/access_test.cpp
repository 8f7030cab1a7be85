// SPDX-License-Identifier: Apache-2.0
#include "client/access.hpp"

#include "client/certificates.hpp"
#include "client/tls.hpp"

namespace pawl::client {
namespace {

std::string problem_with(const std::string& user, const std::string& secret) {
  return problem_in(Access{user, secret, {}});
}

TEST_CASE("a user and a secret are each one word, and come together") {
  CHECK(problem_with("", "").empty());
  CHECK(problem_with("ci", "s3cret").empty());
  CHECK(problem_with("ci", "") == "a user without a secret");
  CHECK(problem_with("", "s3cret") == "a secret, but of no user");
  for (const char* other : {"two words", "a=b", "a\nQUIT", "a\"b", "\xff"}) {
    CHECK_THAT(problem_with(other, "s3cret"), Catch::StartsWith("no user"));
    CHECK_THAT(problem_with("ci", other), Catch::StartsWith("no secret"));
    CHECK(problem_with("ci", other).find(other) == std::string::npos);
  }
  CHECK(problem_with("ci", std::string(255, 'x')).empty());
  CHECK_FALSE(problem_with("ci", std::string(256, 'x')).empty());
}

TEST_CASE("what is wrong with the files is said with their names") {
  const testing::Certificates certificates;
  const auto own = certificates.client("ci");
  const auto other = certificates.client("ci");
  CHECK(problem_in(certificates.options(own)).empty());
  CHECK(problem_in(TlsOptions{}).empty());
  CHECK(problem_in(TlsOptions{.ca = "/nowhere"}) ==
        "cannot read /nowhere: No such file or directory");
  CHECK_THAT(problem_in(TlsOptions{.ca = own.key}),
             Catch::StartsWith(own.key + ": no certificates in PEM"));
  CHECK(problem_in(TlsOptions{.certificate = own.certificate}) ==
        "the certificate " + own.certificate + " has no key");
  CHECK(problem_in(TlsOptions{.key = own.key}) == "the key " + own.key + " has no certificate");
  CHECK(problem_in(certificates.options({own.certificate, other.key})) ==
        other.key + " is not the key of " + own.certificate);
  CHECK_THAT(problem_in(certificates.options({own.certificate, own.certificate})),
             Catch::StartsWith(own.certificate + ": no key in PEM"));
}

}  // namespace
}  // namespace pawl::client

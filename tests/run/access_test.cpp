// SPDX-License-Identifier: Apache-2.0
//
// `pawl run` where the server wants to know who asks.
#include <catch2/catch.hpp>

#include "cli/commands/guarded.hpp"
#include "run/command.hpp"

using Catch::Matchers::Contains;

namespace pawl::testing {
namespace {

Words run_at(const Guarded& guarded, const Words& access) {
  return Words{PAWL_PROGRAM, "-s", guarded.server()} + access + Words{"run"};
}

}  // namespace

TEST_CASE("over TLS, as a user, the command runs, and its own pawl is the same user") {
  const CertificateFiles files;
  const Guarded guarded(files.section());
  Process run(run_at(guarded, guarded.as_ci() + Words{"--ca", files.ca()}) + Words{"jobs/a", "--"} +
              sh(PAWL_PROGRAM " show \"$PAWL_LOCK\" -o json | grep -c \"$PAWL_TOKEN\""));
  CHECK(run.wait() == 0);
  CHECK(run.output() == "1\n");
}

TEST_CASE("the command does not inherit the secret") {
  const Guarded guarded;
  Process run(run_at(guarded, {}) + Words{"jobs/a", "--"} + sh("env"),
              {"PAWL_USER=ci", "PAWL_SECRET=" + guarded.secret()});
  CHECK(run.wait() == 0);
  CHECK_THAT(run.output(), Contains("PAWL_TOKEN=") && Contains("PAWL_USER=ci"));
  CHECK_THAT(run.output(), !Contains("PAWL_SECRET") && !Contains(guarded.secret()));
}

TEST_CASE("a wrong secret and a lock that is forbidden are 77, and the command is not run") {
  const Guarded guarded;
  const std::string secret = GENERATE("wrong", "right");
  const Words lock{secret == "wrong" ? "jobs/a" : "other/a"};
  Process run(run_at(guarded, {}) + lock + Words{"--"} + sh("echo run"),
              {"PAWL_USER=ci", "PAWL_SECRET=" + (secret == "wrong" ? secret : guarded.secret())});
  CHECK(run.wait() == 77);
  CHECK_THAT(run.output(), !Contains("run\n"));
  CHECK_THAT(run.output(), Contains(secret == "wrong" ? "no such user" : "may not"));
}

TEST_CASE("a certificate for another host is said where no server is left") {
  const CertificateFiles files("db1");
  const Guarded guarded(files.section());
  Process run(Words{PAWL_PROGRAM, "--timeout", "300", "-s", guarded.server(), "--ca", files.ca()} +
              guarded.as_ci() + Words{"run", "jobs/a", "--"} + sh("true"));
  CHECK(run.wait() == 69);
  CHECK_THAT(run.output(), Contains("its certificate is not for 127.0.0.1 but for db1"));
}

TEST_CASE("a certificate that is wanted is said where no server is left") {
  const CertificateFiles files;
  const Guarded guarded(files.section("  client_certificates: required\n"));
  Process run(Words{PAWL_PROGRAM, "--timeout", "300", "-s", guarded.server(), "--ca", files.ca()} +
              Words{"run", "jobs/a", "--"} + sh("true"));
  CHECK(run.wait() == 69);
  CHECK_THAT(run.output(), Contains("it wants a certificate of this client"));
}

TEST_CASE("other rights of the user leave the lock, no user takes it") {
  Guarded guarded;
  Job job(run_at(guarded, guarded.as_ci()) + Words{"--ttl", "5s", "jobs/a", "--"} +
          sh("echo started; sleep 100"));
  REQUIRE_FALSE(read_until(job, "started").empty());
  guarded.configure("ci", "[jobs/]");
  guarded.reload();
  const Words show = Words{"-s", guarded.server()} + guarded.as_ci() + Words{"show", "jobs/a"};
  CHECK_THAT(printed(show + Words{"-o", "json"}), Contains("\"token\""));
  guarded.configure("alice", "[jobs/]");
  guarded.reload();
  CHECK(job.wait() == 76);
  CHECK_THAT(job.output(), Contains("jobs/a"));
}

}  // namespace pawl::testing

// SPDX-License-Identifier: Apache-2.0
//
// pawl against a pawld that wants to know who asks, plain and by TLS.
#include <catch2/catch.hpp>

#include "cli/commands/guarded.hpp"
#include "system/pawl_command.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace pawl::testing {
namespace {

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Words acquire{"acquire", "jobs/a", "--ttl", "30s"};

}  // namespace

TEST_CASE("who says so, by options or by the environment, is served") {
  const Guarded guarded;
  const Words here{"-s", guarded.server()};
  CHECK(pawl_with(here + guarded.as_ci() + acquire).code == 0);
  const Words environment{"PAWL_SERVER=" + guarded.server(), "PAWL_USER=ci",
                          "PAWL_SECRET=" + guarded.secret()};
  CHECK(pawl_with({"show", "jobs/a"}, environment).code == 0);
  CHECK(pawl_with({"ls"}, environment).code == 0);
  CHECK(pawl_with({"status"}, environment).code == 0);
  CHECK(pawl_with({"top", "--once"}, environment).code == 0);
  CHECK(pawl_with({"send", "PING"}, environment).output == "OK pong\n");
}

TEST_CASE("a wrong secret ends every command with 77, and is not said") {
  const Guarded guarded;
  const Words environment{"PAWL_SERVER=" + guarded.server(), "PAWL_USER=ci", "PAWL_SECRET=wr0ng"};
  for (const Words& words : {acquire, Words{"ping"}, Words{"status"}, Words{"top", "--once"},
                             Words{"watch"}, Words{"bench", "pair"}, Words{"send", "PING"}}) {
    const Outcome outcome = pawl_with(words, environment);
    INFO(words.front() << ": " << outcome.output);
    CHECK(outcome.code == 77);
    CHECK_THAT(outcome.output, Contains("UNAUTHENTICATED (no such user, or not its secret)"));
    CHECK_THAT(outcome.output, !Contains("wr0ng"));
  }
}

TEST_CASE("who says nothing is told how to say who asks") {
  const Guarded guarded;
  const Outcome outcome = pawl_with(Words{"-s", guarded.server()} + acquire);
  CHECK(outcome.code == 77);
  CHECK_THAT(outcome.output, Contains("pawl --user NAME --secret-file FILE, or PAWL_USER and "
                                      "PAWL_SECRET"));
}

TEST_CASE("what a user may not do ends with 77") {
  const Guarded guarded;
  const Outcome outcome =
      pawl_with(Words{"-s", guarded.server()} + guarded.as_ci() + Words{"acquire", "other/a"});
  CHECK(outcome.code == 77);
  CHECK_THAT(outcome.output, Contains("FORBIDDEN"));
}

TEST_CASE("a server without users says so to who names one") {
  const Daemon daemon;
  const Outcome outcome =
      pawl_with({"ping"}, {server_at(daemon.port()), "PAWL_USER=ci", "PAWL_SECRET=s3cret"});
  CHECK(outcome.code == 69);
  CHECK_THAT(outcome.output, Contains("no users are configured here"));
}

TEST_CASE("by TLS, a user's secret is as good") {
  const CertificateFiles files;
  const Guarded guarded(files.section());
  const Words here = Words{"-s", guarded.server(), "--ca", files.ca()} + guarded.as_ci();
  CHECK(pawl_with(here + acquire).code == 0);
  CHECK(pawl_with(here + Words{"top", "--once"}).code == 0);
  const Outcome bench =
      pawl_with(here + Words{"bench", "pair", "--duration", "200ms", "--connections", "4"});
  INFO(bench.output);
  CHECK(bench.code == 0);
}

TEST_CASE("a certificate of a user is as good as a secret") {
  const CertificateFiles files;
  const Guarded guarded(files.section("  client_certificates: optional\n"));
  const Words here{"-s", guarded.server(), "--ca", files.ca()};
  const Words as_ci{"--cert", files.path("user-ci.pem"), "--key", files.path("user-ci.key")};
  CHECK(pawl_with(here + as_ci + acquire).code == 0);
  CHECK(pawl_with(here + acquire).code == 77);
}

TEST_CASE("a server's certificate for another host is refused, and it is said for which it is") {
  const CertificateFiles files("db1");
  const Guarded guarded(files.section());
  const Outcome outcome = pawl_with(Words{"-s", guarded.server(), "--ca", files.ca()} +
                                    guarded.as_ci() + Words{"ping"});
  CHECK(outcome.code == 69);
  CHECK(outcome.output == "pawl: cannot reach " + guarded.server() +
                              ": its certificate is not for 127.0.0.1 but for db1\n");
}

TEST_CASE("a server that wants a certificate is never mistaken for one that is away") {
  const CertificateFiles files;
  const Guarded guarded(files.section("  client_certificates: required\n"));
  const Words here{"-s", guarded.server(), "--ca", files.ca()};
  for (const Words& words :
       {acquire, Words{"ping"}, Words{"ls"}, Words{"why", "jobs/a"}, Words{"sessions"},
        Words{"verify", "jobs/a", "--token", "1"}, Words{"release", "jobs/a", "--token", "1"},
        Words{"watch"}, Words{"status"}, Words{"top", "--once"}, Words{"send", "PING"},
        Words{"handover"}}) {
    const Outcome outcome = pawl_with(here + words);
    INFO(words.front() << ": " << outcome.output);
    CHECK(outcome.code == 69);
    CHECK_THAT(outcome.output,
               EndsWith(guarded.server() + ": it wants a certificate of this client\n"));
  }
}

TEST_CASE("a server that nobody known has signed is refused") {
  const CertificateFiles files;
  const CertificateFiles others;
  const Guarded guarded(files.section());
  const Outcome outcome = pawl_with({"-s", guarded.server(), "--ca", others.ca(), "ping"});
  CHECK(outcome.code == 69);
  CHECK_THAT(outcome.output, Contains("no CA in " + others.ca() + " has signed it"));
}

TEST_CASE("plain where TLS is wanted, and TLS where there is none, are told apart from silence") {
  const CertificateFiles files;
  const Guarded guarded(files.section());
  const Outcome plain = pawl_with({"-s", guarded.server(), "ping"});
  CHECK(plain.code == 77);
  CHECK_THAT(plain.output, Contains("this port speaks TLS only") && Contains("pawl --tls"));
  const Daemon daemon;
  const Outcome secured = pawl_with({"--ca", files.ca(), "ping"}, {server_at(daemon.port())});
  CHECK(secured.code == 69);
  CHECK_THAT(secured.output, Contains("TLS"));
}

TEST_CASE("a file that is not what it should be is a wrong command line") {
  const CertificateFiles files;
  const Outcome outcome = pawl_with({"--ca", files.path("ca.key"), "ping"});
  CHECK(outcome.code == 64);
  CHECK_THAT(outcome.output, Contains(files.path("ca.key") + ": no certificates in PEM"));
}

TEST_CASE("a watch goes on when its user's rights change, and ends when the user is gone") {
  Guarded guarded;
  Process watch(Words{PAWL_PROGRAM, "-s", guarded.server()} + guarded.as_ci() +
                Words{"watch", "jobs/"});
  const auto until = [&watch](const std::string& text) {
    for (auto line = watch.read_line(); line; line = watch.read_line()) {
      if (line->find(text) != line->npos) return true;
    }
    return false;
  };
  REQUIRE(until("watching jobs/"));
  guarded.configure("ci", "[jobs/]");
  guarded.reload();
  REQUIRE(until("watching jobs/"));
  guarded.configure("alice", "[jobs/]");
  guarded.reload();
  CHECK(watch.wait() == 77);
}

}  // namespace pawl::testing

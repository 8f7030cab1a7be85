// SPDX-License-Identifier: Apache-2.0
#include "server/config/tls_checks.hpp"

#include <catch2/catch.hpp>

namespace pawl::server {

namespace {

using Settings = std::vector<std::string>;

Settings with_files(Settings settings) {
  settings.insert(settings.begin(), {"tls.certificate=n1.pem", "tls.key=n1.key", "tls.ca=ca.pem"});
  return settings;
}

std::string problem(Settings settings) {
  const Effective effective = merge({std::nullopt, {}, {}, std::move(settings)});
  if (effective.problems.empty()) return "none";
  CHECK(effective.problems.size() == 1);
  return effective.problems.front();
}

}  // namespace

TEST_CASE("without a certificate TLS is off, whatever else its keys say by themselves") {
  CHECK(problem({}) == "none");
  CHECK(problem({"tls.clients=both", "tls.ca=ca.pem"}) == "none");
  CHECK_FALSE(Config{}.tls.serves_clients());
  const Effective on = merge({std::nullopt, {}, {}, with_files({})});
  CHECK(on.config.tls.serves_clients());
  CHECK_FALSE(
      merge({std::nullopt, {}, {}, with_files({"tls.clients=off"})}).config.tls.serves_clients());
}

TEST_CASE("a certificate and its key come together") {
  CHECK(problem({"tls.certificate=n1.pem"}) ==
        "--set tls.certificate: tls.certificate (n1.pem) needs tls.key");
  CHECK(problem({"tls.key=n1.key"}) == "--set tls.key: tls.key (n1.key) needs tls.certificate");
}

TEST_CASE("what asks for TLS is not left out in silence where the files are missing") {
  CHECK(problem({"tls.clients=only"}) ==
        "--set tls.clients: tls.clients (only) needs tls.certificate");
  CHECK(problem({"tls.http=on"}) == "--set tls.http: tls.http (on) needs tls.certificate");
  CHECK(problem({"tls.certificate=c", "tls.key=k", "tls.peers=on"}) ==
        "--set tls.peers: tls.peers (on) needs tls.ca");
  CHECK(problem({"tls.certificate=c", "tls.key=k", "tls.client_certificates=optional"}) ==
        "--set tls.client_certificates: tls.client_certificates (optional) needs tls.ca");
  CHECK(problem(with_files({"tls.peers=on", "tls.http=on", "tls.clients=only",
                            "tls.client_certificates=required"})) == "none");
}

TEST_CASE("certificates that clients must show are none where clients may do without TLS") {
  CHECK(problem(with_files({"tls.client_certificates=required"})) ==
        "--set tls.client_certificates: tls.client_certificates (required) does not go with "
        "tls.clients (both): who does not speak TLS shows none");
  CHECK(problem(with_files({"tls.client_certificates=optional"})) == "none");
}

TEST_CASE("what came by TLS is not passed on in plain text") {
  CHECK(problem(with_files({"resp.forward=on"})) ==
        "--set resp.forward: resp.forward (on) does not go with tls.clients (both): what came by "
        "TLS would be passed on in plain text");
  CHECK(problem(with_files({"resp.forward=on", "tls.clients=off"})) == "none");
}

TEST_CASE("a value that is wrong by itself is not compared") {
  CHECK(problem({"tls.clients=on"}) == "--set tls.clients: 'on' is not one of both, only, off");
}

}  // namespace pawl::server

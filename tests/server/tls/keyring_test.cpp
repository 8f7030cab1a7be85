// SPDX-License-Identifier: Apache-2.0
#include "server/tls/keyring.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <string>

#include "tls/certificates.hpp"

namespace {

using namespace pawl;
using namespace pawl::server;
using test::Certificates;
using tls::Keyring;

Config with(const Tls& settings) {
  Config config;
  config.tls = settings;
  config.cluster_id = "c1";
  config.core.node = "n1";
  return config;
}

// Why it does not load, without the folder.
std::string why(const Certificates& certificates, const Tls& settings) {
  const auto keys = Keyring::load(with(settings));
  if (keys) return "loaded";
  std::string said = keys.error().why;
  const std::string folder = certificates.path("");
  for (std::size_t at = 0; (at = said.find(folder)) != std::string::npos;) {
    said.erase(at, folder.size());
  }
  return said;
}

}  // namespace

TEST_CASE("a keyring has what was asked for, and nothing else") {
  Certificates certificates;
  Tls settings = certificates.settings();
  auto keys = Keyring::load(with(settings));
  REQUIRE(keys.has_value());
  CHECK(keys->clients());
  CHECK_FALSE(keys->clients_only());
  CHECK_FALSE(keys->peers());
  CHECK_FALSE(keys->http());
  CHECK(keys->warnings().empty());

  settings.clients = TlsClients::only;
  settings.http = settings.peers = Switch::on;
  keys = Keyring::load(with(settings));
  REQUIRE(keys.has_value());
  CHECK(keys->clients_only());
  CHECK(keys->peers());
  CHECK(keys->http());

  settings.clients = TlsClients::off;
  CHECK_FALSE(Keyring::load(with(settings))->clients());
  settings.certificate = "";
  CHECK_FALSE(Keyring::load(with(settings))->peers());
}

TEST_CASE("what is wrong with a file is said with its key and its name") {
  Certificates certificates;
  const Tls good = certificates.settings();
  Tls tls = good;
  tls.certificate = certificates.path("nowhere.pem");
  CHECK(why(certificates, tls) ==
        "tls.certificate: nowhere.pem: cannot be read: No such file or directory");
  tls = good;
  tls.key = certificates.path("");
  CHECK(why(certificates, tls) == "tls.key: : cannot be read: Is a directory");
  tls = good;
  tls.certificate = certificates.write("text.pem", "no PEM at all\n");
  CHECK(why(certificates, tls) == "tls.certificate: text.pem: holds no certificate in PEM");
  tls = good;
  tls.key = good.certificate;
  CHECK(why(certificates, tls) ==
        "tls.key: n1.pem: holds no private key in PEM, or an encrypted one");
  tls = good;
  tls.key = certificates.client("ci").key;
  CHECK(why(certificates, tls) ==
        "tls.key: user-ci.key: is not the key of the certificate in n1.pem");
  tls = good;
  tls.ca = good.key;
  CHECK(why(certificates, tls) == "tls.ca: n1.key: holds no certificate in PEM");
  tls = good;
  tls.ca = certificates.write("half.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
  CHECK(why(certificates, tls).find("tls.ca: half.pem: holds a damaged certificate: ") == 0);
}

TEST_CASE("a file that may not be read is one that is not read") {
  if (::geteuid() == 0) return;  // root may
  Certificates certificates;
  const Tls tls = certificates.settings();
  std::filesystem::permissions(tls.key, std::filesystem::perms::none);
  CHECK(why(certificates, tls) == "tls.key: n1.key: cannot be read: Permission denied");
}

TEST_CASE("an expired certificate serves on, with a warning") {
  Certificates certificates;
  Tls tls = certificates.settings();
  const auto old = certificates.node("n1", test::yesterday());
  tls.certificate = old.certificate;
  tls.key = old.key;
  const auto keys = Keyring::load(with(tls));
  REQUIRE(keys.has_value());
  REQUIRE(keys->warnings().size() == 1);
  CHECK(keys->warnings().front().find("n1.pem: has expired: ") != std::string::npos);
}

TEST_CASE("among peers a certificate has to name its own node") {
  Certificates certificates;
  Tls tls = certificates.settings();
  tls.peers = Switch::on;
  CHECK(why(certificates, tls) == "loaded");
  const auto other = certificates.node("n2");
  tls.certificate = other.certificate;
  tls.key = other.key;
  CHECK(
      why(certificates, tls) ==
      "tls.certificate: n2.pem: tls.peers needs the URI pawl://c1/n1 in it, which stands for this "
      "node; it has pawl://c1/n2");
  const auto user = certificates.client("n1");
  tls.certificate = user.certificate;
  tls.key = user.key;
  CHECK(why(certificates, tls).find("it has none") != std::string::npos);
}

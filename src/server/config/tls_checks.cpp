// SPDX-License-Identifier: Apache-2.0
#include "server/config/tls_checks.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "server/config/checks.hpp"

namespace pawl::server {
namespace {

class Checks {
 public:
  explicit Checks(Effective& effective) : effective_(effective) {}

  // `key` asks for what is not there without a file under `needed`.
  void needs(std::string_view key, std::string_view needed, const std::string& path) {
    if (path.empty()) complain(key, needed, "needs " + std::string(needed));
  }
  void contradicts(std::string_view key, std::string_view other, std::string_view why) {
    complain(key, other,
             "does not go with " + shown(effective_, key_named(other)) + ": " + std::string(why));
  }

 private:
  void complain(std::string_view key, std::string_view other, const std::string& what) {
    if (!effective_.is_sound(key_named(key)) || !effective_.is_sound(key_named(other))) return;
    const bool is_default = effective_.origin_of(key_named(key)) == "default";
    effective_.complain(effective_.origin_of(key_named(is_default ? other : key)),
                        shown(effective_, key_named(key)) + ' ' + what);
  }

  Effective& effective_;
};

}  // namespace

void check_tls(Effective& effective) {
  const Tls& tls = effective.config.tls;
  Checks checks(effective);
  if (!tls.key.empty()) checks.needs("tls.key", "tls.certificate", tls.certificate);
  if (tls.is_on()) checks.needs("tls.certificate", "tls.key", tls.key);
  if (tls.peers == Switch::on) {
    checks.needs("tls.peers", "tls.certificate", tls.certificate);
    checks.needs("tls.peers", "tls.ca", tls.ca);
  }
  if (tls.http == Switch::on) checks.needs("tls.http", "tls.certificate", tls.certificate);
  if (tls.clients == TlsClients::only) {
    checks.needs("tls.clients", "tls.certificate", tls.certificate);
  }
  if (tls.client_certificates != ClientCertificates::ignored) {
    checks.needs("tls.client_certificates", "tls.certificate", tls.certificate);
    checks.needs("tls.client_certificates", "tls.ca", tls.ca);
  }
  const bool is_required = tls.client_certificates == ClientCertificates::required;
  if (is_required && tls.clients != TlsClients::only) {
    checks.contradicts("tls.client_certificates", "tls.clients",
                       "who does not speak TLS shows none");
  }
  if (tls.serves_clients() && effective.config.resp.forward == Switch::on) {
    checks.contradicts("resp.forward", "tls.clients",
                       "what came by TLS would be passed on in plain text");
  }
}

}  // namespace pawl::server

// SPDX-License-Identifier: Apache-2.0
#include "server/tls/keyring.hpp"

#include <utility>

#include "server/tls/certificate.hpp"

namespace pawl::server::tls {
namespace {

Asks asked_of_clients(ClientCertificates certificates) {
  switch (certificates) {
    case ClientCertificates::ignored: return Asks::nothing;
    case ClientCertificates::optional: return Asks::perhaps;
    case ClientCertificates::required: return Asks::always;
  }
  return Asks::always;
}

// The others would refuse this node: better said here, and at once.
Loaded<void> check_own_name(const Config& config, const Files& files) {
  const std::string uri = node_uri(config.cluster_id, config.core.node);
  const X509* const own = files.chain.front().get();
  if (names_node(own, uri)) return {};
  const std::string named = nodes_named(own);
  return Trouble{
      "tls.certificate: " + printable(config.tls.certificate) + ": tls.peers needs the URI " + uri +
      " in it, which stands for this node; it has " + (named.empty() ? "none" : printable(named))};
}

}  // namespace

Loaded<Keyring> Keyring::load(const Config& config) {
  Keyring keys;
  const Tls& tls = config.tls;
  if (!tls.is_on()) return keys;
  Loaded<Files> files = read_files(tls);
  if (!files) return files.error();
  keys.warnings_ = std::move(files->warnings);
  const auto add = [&](ContextPtr& place, const Context::Options& options) -> Loaded<void> {
    Loaded<ContextPtr> made = Context::make(*files, options);
    if (!made) return made.error();
    place = *std::move(made);
    return {};
  };
  Loaded<void> done;
  if (tls.peers == Switch::on) {
    done = check_own_name(config, *files);
    if (done) done = add(keys.peers_, {.asks = Asks::always});
  }
  if (done && tls.clients != TlsClients::off) {
    const Asks asks = asked_of_clients(tls.client_certificates);
    done = add(keys.clients_, {.asks = asks, .resumes = true});
    keys.clients_only_ = tls.clients == TlsClients::only;
  }
  if (done && tls.http == Switch::on) done = add(keys.http_, {.resumes = true});
  if (!done) return done.error();
  return keys;
}

}  // namespace pawl::server::tls

// SPDX-License-Identifier: Apache-2.0
//
// TLS between nodes: each knows by its certificate whom it speaks to.
#include "server/peers.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/peer_node.hpp"
#include "server/raw_peer.hpp"
#include "server/tls/keyring.hpp"
#include "tls/certificates.hpp"
#include "tls/tls_client.hpp"

namespace {

using namespace pawl;
using namespace pawl::test;
using server::tls::ContextPtr;
using server::tls::Keyring;

ContextPtr context_of(const std::string& node, const Certificates::Pair& own,
                      const std::string& ca) {
  server::Config config;
  config.cluster_id = "c1";
  config.core.node = node;
  config.tls = {.certificate = own.certificate, .key = own.key, .ca = ca};
  config.tls.peers = server::Switch::on;
  auto keys = Keyring::load(config);
  if (!keys) FAIL(keys.error().why);
  return keys->peers();
}

ContextPtr context_of(Certificates& certificates, const std::string& node) {
  return context_of(node, certificates.node(node), certificates.ca());
}

// Two nodes, of which n1 calls n2.
struct Pair {
  explicit Pair(ContextPtr of_first, ContextPtr of_second) {
    setup.hello.cluster = 7;
    setup.cluster = "c1";
    PeerSetup second_setup = setup;
    second_setup.self = 1;
    second_setup.tls = std::move(of_second);
    second = std::make_unique<PeerNode>(second_setup);
    setup.addresses[1].port = second->port();
    setup.tls = std::move(of_first);
    first = std::make_unique<PeerNode>(setup);
  }
  template <class Condition>
  void until(Condition condition) {
    run_until({first.get(), second.get()}, condition);
  }

  PeerSetup setup;
  std::unique_ptr<PeerNode> second;
  std::unique_ptr<PeerNode> first;
};

}  // namespace

TEST_CASE("nodes meet by TLS, and messages larger than any record arrive in order") {
  Certificates certificates;
  Pair pair(context_of(certificates, "n1"), context_of(certificates, "n2"));
  pair.until([&] { return pair.first->has_met(1) && pair.second->has_met(0); });
  for (std::uint64_t i = 1; i <= 20; ++i) {
    pair.first->send(1, i, 100'000);
    pair.second->send(0, i, 300'000);
  }
  pair.until([&] { return pair.second->has("got 20 of 0") && pair.first->has("got 20 of 1"); });
  CHECK(pair.first->events.size() == 21);
  CHECK(pair.second->events.size() == 21);
}

TEST_CASE("a node with the certificate of another one is not the node that was called") {
  Certificates certificates;
  Pair pair(context_of(certificates, "n1"), context_of(certificates, "n3"));
  pair.until([&] { return pair.first->logged("certificate names no such node") > 0; });
  CHECK_FALSE(pair.first->has_met(1));
  CHECK(pair.second->events.empty());
}

TEST_CASE("a node that calls with the certificate of a node that is none of ours is refused") {
  Certificates certificates;
  Pair pair(context_of(certificates, "n3"), context_of(certificates, "n2"));
  pair.until([&] { return pair.second->logged("certificate names no such node") > 0; });
  CHECK_FALSE(pair.second->has_met(0));
}

TEST_CASE("a member cannot pass for another member") {
  Certificates certificates;
  // It calls as n1 would, and shows the certificate of n2 itself.
  Pair pair(context_of(certificates, "n2"), context_of(certificates, "n2"));
  pair.until([&] { return pair.second->logged("of another node than it says it is") > 0; });
  CHECK_FALSE(pair.second->has_met(0));
}

TEST_CASE("a node of another CA is refused by both") {
  Certificates certificates;
  Certificates others;
  Pair pair(context_of(others, "n1"), context_of(certificates, "n2"));
  pair.until([&] { return pair.first->logged("there is no TLS with it") > 0; });
  CHECK(pair.first->logged("verify failed") + pair.first->logged("signature") +
            pair.first->logged("local issuer") >
        0);
  CHECK_FALSE(pair.second->has_met(0));
}

TEST_CASE("a client's certificate of the same CA opens nothing between nodes") {
  Certificates certificates;
  Pair pair(context_of(certificates, "n1"), context_of(certificates, "n2"));
  const auto user = certificates.client("ci");
  std::thread client([&, port = pair.second->port()] {
    TlsClient stranger(port,
                       {.ca = certificates.ca(), .certificate = user.certificate, .key = user.key});
    static_cast<void>(stranger.line());
  });
  pair.until([&] { return pair.second->logged("certificate names no such node") > 0; });
  client.join();
  std::thread nobody([&, port = pair.second->port()] {
    TlsClient stranger(port, {.ca = certificates.ca()});
    static_cast<void>(stranger.line());
  });
  pair.until([&] { return pair.second->logged("did not return a certificate") > 0; });
  nobody.join();
}

TEST_CASE("who speaks plainly where TLS is spoken, or the other way round, is told from noise") {
  Certificates certificates;
  Pair plain_calls(nullptr, context_of(certificates, "n2"));
  plain_calls.until([&] { return plain_calls.second->logged("there is no TLS with it") > 0; });
  Pair tls_calls(context_of(certificates, "n1"), nullptr);
  tls_calls.until([&] { return tls_calls.second->logged("it speaks TLS; tls.peers") > 0; });
}

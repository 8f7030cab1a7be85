// SPDX-License-Identifier: Apache-2.0
//
// TLS between nodes: both show a certificate of tls.ca that names them, pawl://CLUSTER/NODE. Who
// calls knows whom it means, before it says a word; who is called sees that it is a node at all,
// and by its hello, which.
#include <algorithm>
#include <boost/asio/error.hpp>
#include <utility>

#include "server/peers.hpp"
#include "server/tls/certificate.hpp"

namespace pawl::server {

using boost::system::error_code;
using replication::Member;

void Peers::secure(PeerLink& link) {
  tls::ContextPtr context = options_.tls ? options_.tls() : nullptr;
  if (!context) return;
  link.transport.begin_tls(std::move(context),
                           link.dialled ? tls::Side::calling : tls::Side::called);
}

void Peers::shake_hands(PeerLink& link) {
  error_code error;
  if (link.transport.shake_hands(error)) return on_secured(link);
  if (error == boost::asio::error::eof) return end(link.id, PeerFlaw::hung_up);
  if (error != boost::asio::error::would_block) return end(link.id, PeerFlaw::no_tls);
  if (!link.transport.wants_output()) return wait_readable(link);
  link.transport.wait_writable(memory_, [this, id = link.id](const error_code& failed) {
    PeerLink* ready = find(id);
    if (!failed && ready != nullptr && ready->transport.is_handshaking()) shake_hands(*ready);
  });
}

void Peers::on_secured(PeerLink& link) {
  const PeerLinkId id = link.id;
  bool is_node = false;
  for (std::uint8_t i = 0; i < options_.names.size(); ++i) {
    const bool is_meant = !link.dialled || *link.member == Member{i};
    is_node = is_node || (is_meant && is_certified(link, Member{i}));
  }
  if (!is_node) return end(id, PeerFlaw::uncertified);
  write(link);
  PeerLink* const open = find(id);
  if (open == nullptr) return;
  open->transport.has_more() ? read(*open) : wait_readable(*open);
}

bool Peers::is_certified(const PeerLink& link, Member member) const {
  if (!link.transport.is_tls()) return true;
  const X509* const certificate = link.transport.certificate();
  const std::string uri = tls::node_uri(options_.cluster, options_.names[member.value]);
  return certificate != nullptr && tls::names_node(certificate, uri);
}

}  // namespace pawl::server

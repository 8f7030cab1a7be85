// SPDX-License-Identifier: Apache-2.0
//
// Whom a certificate names: a node of a cluster by the URI pawl://CLUSTER/NODE among its
// alternative names, a user by its common name. Law: what names a node names no user, and the other
// way round.
#pragma once

#include <openssl/x509.h>

#include <optional>
#include <string>
#include <string_view>

namespace pawl::server::tls {

[[nodiscard]] std::string node_uri(std::string_view cluster, std::string_view node);

// One of its URIs is exactly that.
[[nodiscard]] bool names_node(const X509* certificate, std::string_view uri);
// Its URIs of nodes, for a person; empty: it names none.
[[nodiscard]] std::string nodes_named(const X509* certificate);

// Its one common name, of 1 byte at least and none of them 0.
[[nodiscard]] std::optional<std::string> user_named(const X509* certificate);

}  // namespace pawl::server::tls

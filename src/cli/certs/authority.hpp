// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority of one's own: makes the certificates of a cluster's nodes and of its
// clients, all as PEM texts. Keys are EC P-256. A node's certificate says which node of which
// cluster it is by the URI pawl://CLUSTER/NODE; a client's has none, so it never passes for a node.
#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::certs {

struct Credentials {
  std::string certificate;  // PEM
  std::string key;          // PEM, not encrypted
};

// Both ends are part of it; to the second.
struct Validity {
  std::chrono::system_clock::time_point from;
  std::chrono::system_clock::time_point until;
};

struct NodeName {
  std::string cluster;             // cluster.id
  std::string node;                // of cluster.nodes
  std::vector<std::string> hosts;  // names or addresses by which it is called
};

// Why there is no certificate, for a person.
struct Refused {
  std::string why;
};
template <class T>
using Made = boost::system::result<T, Refused>;

class Authority {
 public:
  // A new one; `name` is what certificates call it.
  [[nodiscard]] static Made<Authority> create(std::string_view name, const Validity& validity);
  // One made before.
  [[nodiscard]] static Made<Authority> load(Credentials credentials);

  Authority(Authority&&) noexcept;
  Authority& operator=(Authority&&) noexcept;
  ~Authority();

  // Its certificate is what tls.ca names.
  [[nodiscard]] const Credentials& credentials() const { return credentials_; }

  // Good for both ends of a connection between nodes, and for the ports of clients and of HTTP.
  [[nodiscard]] Made<Credentials> issue_node(const NodeName& name, const Validity& validity) const;
  // Names a user to a server that asks for certificates.
  [[nodiscard]] Made<Credentials> issue_client(std::string_view user,
                                               const Validity& validity) const;

 private:
  struct Parts;
  Authority(Credentials credentials, std::unique_ptr<Parts> parts);

  Credentials credentials_;
  std::unique_ptr<Parts> parts_;  // the same, as OpenSSL has them
};

}  // namespace pawl::certs

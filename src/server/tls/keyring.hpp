// SPDX-License-Identifier: Apache-2.0
//
// All of TLS that one configuration asks for, its files read: or why it cannot be had. A reload
// makes a new one and puts it in the place of the old.
#pragma once

#include <string>
#include <vector>

#include "server/config/config.hpp"
#include "server/tls/context.hpp"
#include "server/tls/files.hpp"

namespace pawl::server::tls {

class Keyring {
 public:
  Keyring() = default;  // no TLS anywhere
  [[nodiscard]] static Loaded<Keyring> load(const Config& config);

  // Each null where TLS is off.
  [[nodiscard]] const ContextPtr& clients() const { return clients_; }
  [[nodiscard]] const ContextPtr& peers() const { return peers_; }
  [[nodiscard]] const ContextPtr& http() const { return http_; }
  // Plain clients are turned away.
  [[nodiscard]] bool clients_only() const { return clients_only_; }

  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  ContextPtr clients_;
  ContextPtr peers_;
  ContextPtr http_;
  bool clients_only_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace pawl::server::tls

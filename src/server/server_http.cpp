// SPDX-License-Identifier: Apache-2.0
//
// The server as it shows itself over HTTP: HTTP.md.
#include <memory>

#include "server/server.hpp"

namespace pawl::server {

Started<std::string> Server::listen_http(const std::optional<Address>& address) {
  if (!address) return std::string{"none"};
  http_service_ = std::make_unique<http::Service>(
      loop_.context(), node_, [this] { return facts(); },
      http::OwnHosts({address->host, http::own_host_name()}));
  http_port_ = std::make_unique<http::Port>(loop_.context(), log_,
                                            [this](const http::Asked& asked, http::Reply reply) {
                                              loop_.read_time();
                                              http_service_->answer(asked, std::move(reply));
                                            });
  return http_port_->open(*address);
}

http::Facts Server::facts() const {
  return {.now = loop_.now(),
          .cluster = cluster_,
          .durability = durability_,
          .draining = draining_,
          .in_gap = loop_.gap_seen(),
          .disk_silent_since = store_.silent_since(),
          .connections = admission_.connections()};
}

}  // namespace pawl::server

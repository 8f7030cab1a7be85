// SPDX-License-Identifier: Apache-2.0
//
// The server as it shows itself over HTTP: HTTP.md.
#include <memory>

#include "server/server.hpp"

namespace pawl::server {

Started<std::string> Server::listen_http(const std::optional<Address>& address,
                                         std::optional<int> given) {
  if (!address) return std::string{"none"};
  http_service_ = std::make_unique<http::Service>(
      loop_.context(), node_, [this] { return facts(); },
      http::OwnHosts({address->host, http::own_host_name()}),
      http::Guard{[this](const auto& visitor) { return rules_of(visitor); },
                  [this](const http::TurnedAway& away) {
                    audit_.denied(away.request, {away.user, std::string(away.address)}, away.code,
                                  loop_.now());
                  }});
  http_port_ = std::make_unique<http::Port>(loop_.context(), log_,
                                            [this](const http::Asked& asked, http::Reply reply) {
                                              loop_.read_time();
                                              http_service_->answer(asked, std::move(reply));
                                            });
  http_port_->secure([this] { return keys_.http(); });
  return http_port_->open(*address, given);
}

const std::vector<access::Rule>* Server::rules_of(
    const std::optional<http::Credentials>& visitor) const {
  static const std::vector<access::Rule> everything{{"", access::every_right}};
  if (!access_.is_on()) return &everything;
  if (!visitor) return &access_.anonymous;
  const access::User* const user = access_.find(visitor->user);
  const bool right = authenticator_.is_right(visitor->user, visitor->secret);
  return right && user != nullptr ? &user->rules : nullptr;
}

// Without a log there is nothing to wait for; only a primary makes records.
void Server::watch_commits(bool made_records) {
  if (durability_ == Durability::none) return;
  const replication::Replica& replica = node_.replica();
  if (replica.stage() != replication::Stage::primary) return commits_.forget();
  commits_.on_applied(replica.applied(), loop_.now());
  if (made_records) commits_.on_made(replica.last(), loop_.turn_began());
}

http::Facts Server::facts() const {
  return {.now = loop_.now(),
          .cluster = cluster_,
          .durability = durability_,
          .draining = draining_,
          .in_gap = loop_.gap_seen(),
          .disk_silent_since = store_.silent_since(),
          .connections = admission_.connections(),
          .memory_limit = limits_.memory,
          .log_bytes = store_.log_bytes(),
          .disk_free_bytes = store_.disk_free_bytes(),
          .counts = &counts_,
          .commits = &commits_.spans(),
          .flushes = &store_.flushes(),
          .snapshots = &store_.snapshots(),
          .turns = &loop_.turns()};
}

}  // namespace pawl::server

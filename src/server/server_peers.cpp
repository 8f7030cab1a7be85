// SPDX-License-Identifier: Apache-2.0
//
// The server among others: who it is to them, and what its node says to them and has become.
#include <algorithm>
#include <memory>
#include <utility>

#include "replication/quorum.hpp"
#include "server/server.hpp"

namespace pawl::server {

using replication::Hello;
using replication::Member;

namespace {

// Kinds of record that this program can apply.
constexpr std::uint32_t oldest_records = 1;
constexpr std::uint32_t newest_records = 1;

constexpr Span awaited_log_every = std::chrono::seconds{10};
constexpr Span no_primary_log_every = std::chrono::seconds{10};

PeersOptions options_of(const Config& config) {
  PeersOptions options;
  for (const ClusterPeer& peer : config.cluster_peers) {
    if (peer.id == config.core.node) {
      options.self = Member{static_cast<std::uint8_t>(options.names.size())};
    }
    options.names.push_back(peer.id);
    options.addresses.push_back(peer.peer);
  }
  return options;
}

bool is_witness(const Config& config) {
  const auto& nodes = config.core.cluster.nodes;
  const auto is_own = [&](const ClusterNode& node) { return node.id == config.core.node; };
  const auto own = std::find_if(nodes.begin(), nodes.end(), is_own);
  return own != nodes.end() && own->witness;
}

}  // namespace

void Server::join(const Config& config) {
  is_witness_ = server::is_witness(config);
  if (config.cluster_peers.size() < 2) return;
  PeersOptions options = options_of(config);
  options.cluster = config.cluster_id;
  options.tls = [this] { return keys_.peers(); };
  PeersOwner owner;
  const std::uint64_t members = members_hash(config.core.cluster.nodes);
  owner.hello = [this, members, name = config.core.node] {
    const Identity identity = store_.identity();
    return Hello{.cluster = identity.cluster,
                 .incarnation = identity.incarnation,
                 .node = name,
                 .oldest_records = oldest_records,
                 .newest_records = newest_records,
                 .disk = identity.disk,
                 .epoch = node_.replica().epoch(),
                 .blank = node_.replica().is_blank(),
                 .members = members};
  };
  owner.bound_disk = [this](Member member) { return store_.bound_disk(member); };
  owner.bind_disk = [this](Member member, std::uint64_t disk, std::function<void()> done) {
    store_.bind_disk(member, disk, std::move(done));
  };
  owner.adopt_incarnation = [this](std::uint64_t incarnation, std::function<void()> done) {
    store_.adopt_incarnation(incarnation, std::move(done));
  };
  owner.deliver = [this](const node::Event& event) {
    loop_.read_time();
    step(event);
  };
  primary_watch_.emplace(3 * Span{config.core.cluster.election}, no_primary_log_every);
  peers_ = std::make_unique<Peers>(loop_.context(), handler_memory_, log_, std::move(options),
                                   std::move(owner));
}

// What the disk has to say; to the others this node is another one once it was promoted.
void Server::on_stored(const node::Event& event) {
  loop_.read_time();
  step(event);
  if (peers_ && std::holds_alternative<node::PromotionStored>(event)) peers_->introduce_anew();
}

void Server::speak() {
  if (peers_) {
    for (const replication::Outgoing& one : actions_.messages) peers_->send(one.to, one.message);
  }
  if (actions_.role) {
    log_role(*actions_.role);
    end_talks_with_others();
  }
}

void Server::log_role(const node::RoleChange& change) const {
  const std::uint64_t epoch = change.epoch.value;
  if (!change.why.empty()) log_.warn("is primary no more", {{"why", change.why}});
  switch (change.role) {
    case Role::primary: return log_.info("is primary", {{"epoch", epoch}});
    case Role::standby:
    case Role::learner:
      return log_.info("follows", {{"primary", change.primary}, {"epoch", epoch}});
    case Role::starting: break;  // or elected, and about to be primary
  }
  if (change.primary.empty()) log_.info("has no primary", {{"epoch", epoch}});
}

// A first start, or a new disk: an operator must know whom everybody waits for.
void Server::log_awaited(Moment now) {
  if (node_.awaits().empty() || now < next_awaited_log_) return;
  next_awaited_log_ = now + awaited_log_every;
  log_.warn("waits to meet every other node once", {{"not_met", node_.awaits()}});
}

// What an operator can do about it differs: start nodes, wait, or give up what is lost.
void Server::log_missing_primary(Moment now) {
  if (!primary_watch_) return;
  const replication::Replica& replica = node_.replica();
  const bool is_explained = replica.is_blank();
  const auto lasts = primary_watch_->look(now, replica.primary().has_value() || is_explained);
  if (!lasts) return;
  std::string_view why =
      "some of the connected nodes lost records and do not vote, their logs say so";
  if (replica.is_damaged()) {
    why = "this node lost records and does not vote before a primary has given them back";
  } else if (is_minority()) {
    why = "no majority of the nodes is connected";
  }
  log_.warn("has no primary",
            {{"for", format_duration(std::chrono::duration_cast<Milliseconds>(*lasts))},
             {"why", why},
             {"way_out", "if no majority that lost nothing comes back: README, No majority left"}});
}

bool Server::is_minority() const {
  const replication::Membership& membership = node_.replica().membership();
  std::size_t present = 1;
  membership.each_peer([&](Member member) {
    if (membership.is_voter(member) && peers_->is_connected(member)) ++present;
  });
  return present < replication::majority_of(membership.voters());
}

}  // namespace pawl::server

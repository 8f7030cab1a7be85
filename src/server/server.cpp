// SPDX-License-Identifier: Apache-2.0
#include "server/server.hpp"

#include <algorithm>
#include <chrono>

#include "server/clock.hpp"
#include "server/config/options.hpp"
#include "server/config/security.hpp"

namespace pawl::server {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t read_size = 16'384;
constexpr Span longest_drain = 1s;
constexpr Span space_check = 1s;
constexpr std::size_t little_to_write = 16'384;
constexpr int between_looks = 4;  // at the clock, behind those who are told little

// Of whoever has to say who it is, and has not: enough for that.
Limits less_for_strangers(Limits limits) {
  limits.line = std::min<std::uint32_t>(limits.line, 1'024);
  limits.unread_output = std::min<std::uint64_t>(limits.unread_output, 16'384);
  limits.pipelined = std::min<std::uint32_t>(limits.pipelined, 16);
  return limits;
}

std::unique_ptr<wire::resp::Interpreter> interpreter_for(const Resp& resp, const Leases& leases) {
  if (resp.enabled == Switch::off) return nullptr;
  const bool reject = resp.missing_ttl == MissingTtl::reject;
  const Milliseconds cap = std::clamp(resp.ttl_cap, leases.min_ttl, leases.max_ttl);
  const wire::resp::Policy policy{.missing_ttl = reject ? Milliseconds{0} : cap,
                                  .allow_unowned = resp.allow_unowned == Switch::on};
  return std::make_unique<wire::resp::Interpreter>(policy);
}

bool is_bound_to_others(std::string_view port) {
  const Parsed<Address> address = parse_address(port);
  return address && is_open_to_others(*address);
}

}  // namespace

Server::Server(const Config& config, const Log& log, Store& store, Notify& notify,
               tls::Keyring keys)
    : log_(log),
      store_(store),
      notify_(notify),
      forwards_(config.resp.forward == Switch::on),
      may_be_open_(config.security.insecure == Switch::on),
      descriptor_use_(descriptor_use(config)),
      limits_(as_descriptors_allow(config.core.limits)),
      limits_of_strangers_(less_for_strangers(limits_)),
      node_(config.core, loop_.now(), read_wall_offset_ms(), store.take_recovered()),
      redis_(interpreter_for(config.resp, config.core.leases)),
      access_(config.core.access),
      authenticator_(access_),
      cluster_(config.cluster_id),
      durability_(config.core.durability),
      listener_(loop_.context(), log, "listen.client",
                [this](Socket socket, const boost::asio::ip::tcp::endpoint& from) {
                  on_accepted(std::move(socket), from);
                }),
      buffer_(std::max<std::size_t>(read_size, 2 * std::size_t{config.core.limits.line})),
      unread_(limits_) {
  take_keys(std::move(keys));
  join(config);
  for (const ClusterPeer& peer : config.cluster_peers) {
    client_addresses_.push_back(peer.client.value_or(Address{}));
  }
  store_.start(
      loop_, [this](const node::Event& event) { on_stored(event); }, loop_.now());
  append_ = true;  // the node's first record
  next_space_check_ = loop_.now();
  next_awaited_log_ = loop_.now() + 2 * space_check;  // those who start together meet sooner
}

Limits Server::as_descriptors_allow(const Limits& wanted) const {
  const Limits limits = within_descriptors(wanted, descriptor_use_);
  if (limits.connections < wanted.connections) {
    log_.info("the descriptors allow fewer connections than limits.connections",
              {{"connections", limits.connections}});
  }
  return limits;
}

Started<std::string> Server::listen(const Listen& addresses, Activation given) {
  std::string peer;
  if (peers_) {
    const Started<std::string> bound = peers_->start(addresses.peer, given.claim("peer"));
    if (!bound) return bound;
    peer = *bound;
  }
  const auto client_given = is_witness_ ? std::nullopt : given.claim("client");
  const auto http_given = addresses.http ? given.claim("http") : std::nullopt;
  if (const auto failure = given.unclaimed()) return *failure;
  std::string client;
  if (!is_witness_) {
    const Started<std::string> bound = listener_.open(addresses.client, client_given);
    if (!bound) return bound;
    client = *bound;
  }
  const Started<std::string> http = listen_http(addresses.http, http_given);
  if (!http) return http;
  for (const std::string& port : {client, *http}) {
    if (is_bound_to_others(port)) open_ports_.push_back(port);
  }
  if (const auto open = judge_openness(peer)) return StartFailure{exit_bad_config, *open};
  warn_of_open_ports();
  if (is_witness_) {
    log_.info("listening", {{"peer", peer}, {"http", *http}});
    return "a witness, found by its peers on " + peer;
  }
  if (peers_) {
    log_.info("listening", {{"client", client}, {"peer", peer}, {"http", *http}});
  } else {
    log_.info("listening", {{"client", client}, {"http", *http}});
  }
  return "serving clients on " + client;
}

// What was configured was judged before; a socket that was handed over may be bound elsewhere.
std::optional<std::string> Server::judge_openness(const std::string& peer) const {
  if (may_be_open_) return std::nullopt;
  if (is_bound_to_others(peer) && keys_.peers() == nullptr) {
    return peer + ' ' + std::string(open_to_false_peers);
  }
  return left_open_by(access_);
}

std::optional<std::string> Server::left_open_by(const access::Access& access) const {
  if (may_be_open_ || access.is_on() || open_ports_.empty()) return std::nullopt;
  return open_ports_.front() + ' ' + std::string(open_to_all);
}

void Server::warn_of_open_ports() const {
  if (access_.is_on()) return;
  for (const std::string& port : open_ports_) {
    log_.warn("everybody who reaches this port may do everything: security.users is empty",
              {{"address", port}});
  }
}

void Server::run() {
  while (!stopped_) turn();
  if (peers_) peers_->close();
}

void Server::turn() {
  const bool dry = loop_.run_ready([this](const Readiness::Edge& edge) { on_edge(edge); });
  work_listed();
  if (dry && to_work_.empty() && !loop_.readiness().has_more()) loop_.end_gap();
  loop_.read_time();
  const bool gap = loop_.gap_seen();
  if (!gap) tick();
  perform();
  if (draining_) end_drain();
  const bool all_done = dry && to_work_.empty() && to_greet_.empty() && to_write_.empty() &&
                        to_write_on_.empty() && !loop_.readiness().has_more() && !append_ &&
                        (!peers_ || peers_->is_flushed());
  if (stopped_ || gap || !all_done) return;
  loop_.block(std::min(
      {node_.next_deadline(), deadlines_.next(), drain_until_, next_space_check_, notify_.next()}));
}

void Server::tick() {
  look_at_due();
  if (loop_.gap_seen()) return;  // noticed just now
  if (loop_.now() >= node_.next_deadline()) step(node::Tick{});
  if (loop_.now() >= next_space_check_) {
    next_space_check_ = loop_.now() + space_check;
    store_.look_after(loop_.now());
    log_awaited(loop_.now());
    log_missing_primary(loop_.now());
    if (unread_.is_too_much()) look_for_stuck();
  }
  notify_.ticked(loop_.now());
}

// The effects of a turn, once: the records of all its steps go to the disk as one batch, and to the
// peers; then each connection is written to, as far as time allows. A connection that ends may give
// others something to read, and ending it may cost the kernel a millisecond.
void Server::perform() {
  const bool append = std::exchange(append_, false);
  watch_commits(append);
  if (append) store_.append(node_);
  if (peers_) peers_->flush();  // while the disk is at work
  write_listed();
}

// Who is told little is told first; who is told much gets on by a piece in every turn.
void Server::write_listed() {
  loop_.begin_budget();
  for (int taken = 1; !to_write_.empty(); ++taken) {
    Connection* const connection = connections_.find(to_write_.take());
    if (connection == nullptr) continue;
    if (connection->outbox.ready_bytes() > little_to_write) {
      to_write_on_.add(connection->id);
    } else {
      write(*connection);
    }
    if (taken % between_looks == 0 && loop_.budget_is_spent()) break;
  }
  while (!to_write_on_.empty()) {
    if (Connection* connection = connections_.find(to_write_on_.take())) write(*connection);
    if (loop_.budget_is_spent()) return;
  }
}

void Server::configure(const Settings& settings) {
  limits_ = as_descriptors_allow(settings.limits);
  limits_of_strangers_ = less_for_strangers(limits_);
  unread_.configure(limits_);
  access_ = settings.access;
  authenticator_ = Authenticator(access_);
  buffer_.resize(std::max(buffer_.size(), 2 * std::size_t{limits_.line}));
  loop_.read_time();
  step(node::Configured{settings});
}

void Server::drain() {
  if (std::exchange(draining_, true)) return;
  log_.info("draining", {{"connections", admission_.connections()}});
  notify_.stopping();
  listener_.close();
  drain_until_ = loop_.read_time() + longest_drain;
  step(node::Drain{});
  if (!node_.replica().is_handing_over()) end_connections();
}

void Server::end_connections() {
  connections_ended_ = true;
  connections_.for_each([this](Connection& connection) {
    if (connection.state != Connection::State::open) return;
    connection.state = Connection::State::ending;
    connection.cause = node::DisconnectCause::server;
    list_output(connection);
  });
}

void Server::end_drain() {
  const bool late = loop_.now() >= drain_until_;
  if (!connections_ended_) {
    if (!late && node_.replica().is_handing_over()) return;
    end_connections();
  }
  connections_.for_each([&](Connection& connection) {
    if (late) {
      disconnect(connection);
    } else if (connection.state == Connection::State::lingering) {
      remove(connection);
    }
  });
  stopped_ = stopped_ || connections_.size() == 0;
}

}  // namespace pawl::server

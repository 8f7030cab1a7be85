// SPDX-License-Identifier: Apache-2.0
#include "simulation/cluster/host.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ensure.hpp"
#include "base/overloaded.hpp"

namespace pawl::simulation {

using namespace std::chrono_literals;

namespace {

Settings settings_of(const Options& options, Place place) {
  const ClusterOptions& cluster = *options.cluster;
  Settings settings;
  settings.node = name_of(place);
  settings.durability = Durability::fsync;
  settings.leases.default_ttl = options.most_ttl;
  settings.leases.min_ttl = options.least_ttl;
  settings.session_default_ttl = options.most_ttl;
  settings.limits.reclaim = options.reclaim;
  settings.snapshot_after = cluster.snapshot_after;
  settings.cluster.kept_log = cluster.kept_log;
  if (cluster.nodes() == 1) return settings;
  for (Place i = 0; i < cluster.nodes(); ++i) {
    bool witness = cluster.witness[i];
    settings.cluster.nodes.push_back(
        {name_of(i), witness ? std::string{} : name_of(i) + ":7295", witness});
  }
  return settings;
}

}  // namespace

std::string name_of(Place place) { return "n" + std::to_string(place + 1); }

Host::Host(World world, Place place, std::uint64_t seed, Receivers receivers)
    : world_(std::move(world)),
      place_(place),
      random_(seed),
      drift_(random_.between(-world_.options.cluster->drift_permyriad,
                             world_.options.cluster->drift_permyriad)),
      clock_began_(world_.schedule.now()),
      clock_offset_(random_.between(0s, 10'000s)),
      disk_(world_.schedule, world_.options, random_.next(),
            {[this](const node::Event& event) { arrive(event); },
             [this] {
               world_.schedule.after(random_.between(0ms, 20ms), [this, life = life_] {
                 if (life == life_ && node_) world_.voting(*this);
               });
             }}),
      desk_(world_.schedule, world_.invariants, std::move(receivers),
            [this](const node::Event& event) { step(event); }),
      sessions_(world_.options.cluster->nodes()) {}

Moment Host::local(Moment moment) const {
  Span passed = moment - clock_began_;
  return clock_began_ + clock_offset_ + passed + passed / 10'000 * drift_;
}

Moment Host::true_time(Moment local) const {
  Span passed = local - clock_began_ - clock_offset_;
  return clock_began_ + passed / (10'000 + drift_) * 10'000 + 20us;
}

void Host::start() {
  ensure(!node_);
  ++life_;
  ++starts_;
  node::Recovered recovered = disk_.start();
  world_.note(*this, recovered.blank               ? "starts, blank"
                     : recovered.repair.value != 0 ? "starts, damaged"
                                                   : "starts");
  check_start(recovered);
  base_ = disk_.base();
  std::vector<Epoch> epochs = disk_.epochs();
  handed_.assign(epochs.begin(), epochs.end());
  ballot_ = recovered.ballot;
  epoch_ = recovered.ballot.epoch;
  commit_ = applied_ = {};
  node_.emplace(settings_of(world_.options, place_), local(world_.schedule.now()), 0,
                std::move(recovered));
  turn();
}

void Host::end() {
  if (!node_) return;
  world_.note(*this, "ends");
  ++life_;
  node_.reset();
  disk_.end();
  tick_at_ = never;
  paused_ = false;
  std::fill(sessions_.begin(), sessions_.end(), 0);
  for (const Arrival& arrival : std::exchange(arrivals_, {})) refuse(arrival);
  desk_.close_all();
  world_.network.on_process_ended(place_);
}

void Host::refuse(const Arrival& arrival) {
  const auto* client = std::get_if<Desk::Arrival>(&arrival);
  if (client == nullptr || client->kind != Desk::Arrival::Kind::connect) return;
  desk_.refuse_connection(client->link);
}

void Host::pause(Span length) {
  if (paused_ || !node_) return;
  world_.note(*this, "is stopped for " + std::to_string(length / 1ms) + " ms");
  paused_ = true;
  paused_at_ = world_.schedule.now();
  world_.schedule.after(length, [this, life = life_] {
    if (life == life_) resume();
  });
}

void Host::resume() {
  if (!std::exchange(paused_, false)) return;
  world_.note(*this, "goes on");
  world_.invariants.on_disturbed(world_.schedule.now() - paused_at_);
  turn();
}

void Host::client(Desk::Arrival arrival) { arrive(arrival); }

void Host::take_wire(const Wire& wire) { arrive(wire); }

void Host::arrive(Arrival arrival) {
  if (!node_) return refuse(arrival);
  arrivals_.push_back(std::move(arrival));
  turn();
}

// Everything that has arrived, then time, then the disk.
void Host::turn() {
  if (paused_ || !node_) return;
  drain_arrivals();
  for (int i = 0; i < 3 && local(world_.schedule.now()) >= node_->next_deadline(); ++i) {
    step(node::Tick{});
    drain_arrivals();
  }
  hand_over();
  schedule_tick();
}

void Host::drain_arrivals() {
  while (true) {
    if (desk_.work()) continue;
    if (arrivals_.empty()) return;
    Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    std::visit(Overloaded{[this](const Desk::Arrival& one) { desk_.take(one); },
                          [this](const node::Event& event) { step(event); },
                          [this](const Wire& wire) { on_wire(wire); }},
               arrival);
  }
}

void Host::on_wire(const Wire& wire) {
  replication::Member peer{static_cast<std::uint8_t>(wire.from)};
  std::uint64_t& session = sessions_[wire.from];
  if (const auto* hello = std::get_if<Wire::Hello>(&wire.item)) {
    if (session >= wire.session) return;
    if (session != 0) step(replication::PeerLost{peer});
    session = wire.session;
    step(replication::Met{peer, hello->epoch, hello->blank});
    return;
  }
  if (session != wire.session) return;
  if (std::holds_alternative<Wire::End>(wire.item)) {
    session = 0;
    step(replication::PeerLost{peer});
    return;
  }
  const auto& message = std::get<std::shared_ptr<const replication::Message>>(wire.item);
  step(replication::Received{peer, message.get()});
}

void Host::step(const node::Event& event) {
  ++steps_;
  Moment now = world_.schedule.now();
  actions_.clear();
  if (world_.options.cluster->nodes() == 1) world_.invariants.note_gap(now);
  node_->step(local(now), event, actions_);
  if (actions_.restart_log) {
    base_ = *actions_.restart_log;
    handed_.clear();
  }
  check_step();
  perform();
  if (std::exchange(led_before_, is_primary()) && !is_primary()) desk_.detach_all();
  if (actions_.parked) desk_.note_parked(std::get<node::ClientRequest>(event), actions_);
}

void Host::perform() {
  if (actions_.role) {
    static constexpr std::array roles{"starting", "primary", "standby", "learner"};
    world_.note(*this, std::string{"is "} + roles[static_cast<std::size_t>(actions_.role->role)] +
                           " in epoch " + std::to_string(actions_.role->epoch.value));
    if (actions_.role->why == "handed over") world_.tally.add(Happening::hand_over);
  }
  check_vote(actions_);
  disk_.want(actions_, *node_);
  for (replication::Outgoing& outgoing : actions_.messages) {
    Place to = outgoing.to.value;
    note_said(to, outgoing.message);
    world_.network.send(place_, to, sessions_[to], std::move(outgoing.message));
  }
  desk_.deliver(actions_);
}

void Host::hand_over() {
  std::vector<ClusterDisk::Appended> records;
  node_->hand_over([&](const replication::Entry& entry) {
    ensure(entry.index > base_.index &&
           entry.index.value <= base_.index.value + handed_.size() + 1);
    handed_.resize(entry.index.value - base_.index.value - 1);
    Epoch before = epoch_at(LogIndex{entry.index.value - 1});
    handed_.push_back(entry.epoch);
    world_.ledger.on_logged({entry.epoch, entry.index}, before, entry.bytes);
    records.push_back({{entry.epoch, entry.index}, std::string{entry.bytes}});
  });
  if (records.empty()) return;
  disk_.append(std::move(records), node_->replica().truncations());
  check_commit();
}

Epoch Host::epoch_at(LogIndex index) const {
  if (index == base_.index) return base_.epoch;
  if (index < base_.index || index.value > base_.index.value + handed_.size()) return {};
  return handed_[index.value - base_.index.value - 1];
}

bool Host::is_primary() const {
  return node_ && node_->replica().stage() == replication::Stage::primary;
}

void Host::schedule_tick() {
  Moment next = node_->next_deadline();
  if (next == never) return;
  next = std::max(true_time(next), world_.schedule.now() + 20us);
  next += random_.skewed(0us, world_.options.tick_lateness);
  if (tick_at_ <= next) return;
  tick_at_ = next;
  world_.schedule.at(next, [this, next, life = life_] {
    if (life != life_ || tick_at_ != next) return;
    tick_at_ = never;
    turn();
  });
}

}  // namespace pawl::simulation

// SPDX-License-Identifier: Apache-2.0
//
// One machine of a cluster: a clock of its own, a disk, and a process that runs the Node that
// ships, with its clients' connections and its peers'. The process is stopped, ends, starts again.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "desk.hpp"
#include "node/node.hpp"
#include "options.hpp"
#include "random.hpp"
#include "schedule.hpp"
#include "simulation/cluster/disk.hpp"
#include "simulation/cluster/ledger.hpp"
#include "simulation/cluster/network.hpp"
#include "tally.hpp"

namespace pawl::simulation {

[[nodiscard]] std::string name_of(Place place);

class Host {
 public:
  struct World {
    Schedule& schedule;
    const Options& options;
    Network& network;
    Ledger& ledger;
    Invariants& invariants;
    Tally& tally;
    // A record is said to be committed that nobody spoke of before.
    std::function<void(const Host&, replication::EntryId)> first_commit;
    std::function<void(Host&)> voting;
    std::function<void(Host&)> elected;
    std::function<void(const Host&, const std::string&)> note;
  };

  Host(World world, Place place, std::uint64_t seed, Receivers receivers);

  void start();
  void end();
  void pause(Span length);
  void resume();
  void drain() { arrive(node::Event{node::Drain{}}); }
  void take_wire(const Wire& wire);

  // From clients.
  void client(Desk::Arrival arrival);
  void refuse_connection(std::uint32_t link) { desk_.refuse_connection(link); }

  [[nodiscard]] bool is_up() const { return node_.has_value(); }
  [[nodiscard]] bool is_paused() const { return paused_; }
  [[nodiscard]] bool listens() const { return is_up() && !paused_; }
  [[nodiscard]] Place place() const { return place_; }
  [[nodiscard]] const node::Node& node() const { return *node_; }
  [[nodiscard]] bool is_primary() const;  // stage, not yet role
  [[nodiscard]] Moment local(Moment moment) const;
  [[nodiscard]] ClusterDisk& disk() { return disk_; }
  [[nodiscard]] const ClusterDisk& disk() const { return disk_; }
  [[nodiscard]] std::uint64_t starts() const { return starts_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  // The record at this index as it stands in the node's log; only its epoch, {} if it is not there.
  [[nodiscard]] Epoch epoch_at(LogIndex index) const;
  [[nodiscard]] replication::EntryId base() const { return base_; }

 private:
  using Arrival = std::variant<Desk::Arrival, node::Event, Wire>;

  void arrive(Arrival arrival);
  void turn();
  void drain_arrivals();
  void on_wire(const Wire& wire);
  void step(const node::Event& event);
  void perform();
  void hand_over();
  void schedule_tick();
  void refuse(const Arrival& arrival);
  [[nodiscard]] Moment true_time(Moment local) const;
  // Laws (host_laws.cpp).
  void check_step();
  void check_commit();
  void check_election();
  void check_vote(const node::Actions& actions);
  void note_said(Place to, const replication::Message& message);
  void check_start(const node::Recovered& recovered);

  World world_;
  Place place_;
  Random random_;
  std::int64_t drift_;
  Moment clock_began_;
  Span clock_offset_;
  ClusterDisk disk_;
  Desk desk_;

  // Of one life.
  std::optional<node::Node> node_;
  node::Actions actions_;
  std::deque<Arrival> arrivals_;
  std::vector<std::uint64_t> sessions_;  // with peers, by place; 0: none
  Moment tick_at_ = never;
  bool paused_ = false;
  Moment paused_at_{};
  std::uint64_t life_ = 0;
  std::uint64_t starts_ = 0;
  std::uint64_t steps_ = 0;
  // Its log as it was handed over, and how far it was looked at.
  replication::EntryId base_;
  std::deque<Epoch> handed_;
  LogIndex commit_;
  LogIndex applied_;
  Epoch epoch_;
  Epoch led_;
  bool led_before_ = false;
  replication::Ballot ballot_;  // asked for last
  replication::Ballot said_;    // the newest that any message told of, in whatever life
};

}  // namespace pawl::simulation

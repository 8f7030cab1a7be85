// SPDX-License-Identifier: Apache-2.0
//
// The node's surroundings, in place of server/ and storage/: arrivals in order, one request of a
// connection at a time while it is parked, replies in the order the protocol promises, a disk that
// flushes late, a process that is stopped and goes on (what arrived meanwhile is seen before the
// tick).
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <variant>

#include "desk.hpp"
#include "invariants.hpp"
#include "machine.hpp"
#include "node/node.hpp"
#include "options.hpp"
#include "random.hpp"
#include "schedule.hpp"
#include "truth.hpp"

namespace pawl::simulation {

// A damaged disk was not gone on with: a simulation may end so.
struct RefusedStart {};

[[nodiscard]] Settings settings_of(const Options& options);

class Shell : public Truth {
 public:
  Shell(Schedule& schedule, const Options& options, Random& random, Invariants& invariants,
        Receivers receivers);

  // What comes in from the network, in the order of the calls.
  void connect(std::uint32_t link);
  void refuse_connection(std::uint32_t link) { desk_.refuse_connection(link); }
  void request(Operation& operation);
  void end_input(std::uint32_t link);
  void end(std::uint32_t link, bool at_once);  // at once: what was not read yet is lost

  void pause(Span length);
  [[nodiscard]] bool is_running() const { return !paused_ && !down_; }
  [[nodiscard]] std::uint64_t starts() const { return starts_; }
  void calm();  // phase 2: no more pauses, no more stalls

  [[nodiscard]] const locks::LockTable& table() const override { return node_->table(); }
  [[nodiscard]] LogIndex applied() const override { return node_->replica().applied(); }
  [[nodiscard]] bool is_in_flight() const override { return node_->replica().in_flight() > 0; }
  [[nodiscard]] bool is_due(Moment now) const override { return node_->next_deadline() <= now; }

 private:
  using Arrival = std::variant<Desk::Arrival, node::Event>;

  void arrive(Arrival arrival);
  void turn();
  void drain();
  void take(const node::Event& event);
  void step(const node::Event& event);
  void refuse_if_connecting(const Arrival& arrival);
  void start_flush();
  void store_meta(const node::MetaStored& meta);
  void schedule_tick();

  // shell_restarts.cpp
  void begin_machine();
  void start_process();
  void start_later();
  void plan_end();
  void end_process();
  void on_process_ended();

  Schedule& schedule_;
  const Options& options_;
  Random& random_;
  Invariants& invariants_;
  Desk desk_;
  std::optional<Machine> machine_;  // else a disk that only flushes late
  std::optional<node::Node> node_;
  node::Actions actions_;
  std::deque<Arrival> arrivals_;
  Moment tick_at_ = never;
  LogIndex flushed_;
  bool flushing_ = false;
  std::uint64_t life_ = 0;
  std::uint64_t starts_ = 1;
  bool down_ = false;  // no process runs
  Moment down_since_{};
  bool paused_ = false;
  bool calm_ = false;
};

}  // namespace pawl::simulation
